/* SPDX-License-Identifier: MIT */
/* Paths without their first names, as --strip-components makes them, and the hard links then. */
#ifndef ENGRAM_STRIP_H
#define ENGRAM_STRIP_H

#include "base/fault.h"
#include "engram/engram.h"
#include "engram/relink.h"

/* Starts all zero but for components. */
struct strip {
    unsigned components;   /* how many names go away; 0: nothing changes */
    struct relink relinks; /* private */
};

/* What stays of a clean path, a clean path as well; NULL: it has no more names than go away. */
const char *strip_path(const struct strip *s, const char *path);

/*
 * An entry whose path stays in part, the paths in it still whole.  If it is a hard link to a first
 * name that goes away, it becomes that file, with its metadata and runs, and those that come later
 * become hard links to this one.
 */
int strip_relink(struct strip *s, struct engram *g, struct engram_item *item, struct fault *f);

void strip_free(struct strip *s);

#endif
