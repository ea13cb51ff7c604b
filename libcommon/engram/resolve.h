/* SPDX-License-Identifier: MIT */
/* Finds what a path that a person typed means in an engram's tree. */
#ifndef ENGRAM_RESOLVE_H
#define ENGRAM_RESOLVE_H

#include <stdbool.h>

#include "base/fault.h"
#include "engram/engram.h"

/* What becomes of a symbolic or hard link at the path's end. */
enum resolve_last {
    RESOLVE_NAME, /* the name itself is meant (but a slash at the end asks for what it leads to) */
    RESOLVE_FILE, /* what it leads to is meant; never a symbolic or a hard link */
};

/* Links that one path may lead through, as in Linux. */
enum { RESOLVE_LINKS_MAX = 40 };

/*
 * Find the entry that `path` leads to from the root of the tree, with or without a slash in front:
 * `.`, `..` and symbolic links are followed within the tree only, `..` of the root being the root.
 * *found false if there is no such name, which includes links that lead nowhere.  More links than
 * RESOLVE_LINKS_MAX are FAULT_SYSTEM.  item->entry.path is where it is.
 */
int engram_resolve(struct engram *g, const char *path, enum resolve_last last,
                   struct engram_item *item, bool *found, struct fault *f);

#endif
