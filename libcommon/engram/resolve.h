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

enum {
    /* As in Linux: links that one path may lead through, and bytes in the target of each. */
    RESOLVE_LINKS_MAX = 40,
    RESOLVE_TARGET_MAX = 4095,
    /* Names looked up for one path, links followed: each may cost a leaf of the index. */
    RESOLVE_NAMES_MAX = 1024,
};

/*
 * Find the entry that `path` leads to from the root of the tree, with or without a slash in front:
 * `.`, `..` and symbolic links are followed within the tree only, `..` of the root being the root.
 * *found false if there is no such name, which includes links that lead nowhere, and then f says
 * why (FAULT_SYSTEM), though 0 is returned.  An empty path, and more than the limits above are
 * FAULT_SYSTEM.  item->entry.path is where it is.
 */
int engram_resolve(struct engram *g, const char *path, enum resolve_last last,
                   struct engram_item *item, bool *found, struct fault *f);

#endif
