/* SPDX-License-Identifier: MIT */
/* Which entries of an engram a command is to take: all, or PATHs, and not what is excluded. */
#ifndef ENGRAM_SELECTION_H
#define ENGRAM_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "engram/engram.h"

/* All borrowed. */
struct selection_wanted {
    const char *const *paths; /* as in engram/pathspec.h; none: everything */
    size_t path_count;
    /* Patterns of base/operand.h: what matches is left out, with all it holds, but not the root. */
    const char *const *excludes;
    size_t exclude_count;
};

struct selection;

/*
 * Look for the PATHs.  `wanted` must outlive the selection.  A name that is not there, or whose
 * pattern matches nothing, is no failure here: see selection_check.  FAULT_USAGE for an operand
 * that can be neither.
 */
int selection_open(struct engram *g, const struct selection_wanted *wanted, struct selection **out,
                   struct fault *f);

/* NULL is allowed. */
void selection_close(struct selection *s);

/* Is nothing left out? */
bool selection_is_all(const struct selection *s);

/* 0 if the i-th PATH is there; else FAULT_SYSTEM "there is no X", or, once a walk has ended (before
 * that it is not known), "no name matches X": of those that lie in nothing excluded. */
int selection_check(const struct selection *s, size_t i, struct fault *f);

/* The same of the names only, which are known before a walk. */
int selection_check_name(const struct selection *s, size_t i, struct fault *f);

/* ---- for those that walk ---- */

/* Where there is something to be taken: in order, none within another. */
struct selection_region {
    const char *top;
    bool is_name; /* the top itself is taken; otherwise some of what it holds may be */
};
size_t selection_region_count(const struct selection *s);
struct selection_region selection_region(const struct selection *s, size_t i);

/* Is this very path excluded, and so all it holds? */
bool selection_excludes(const struct selection *s, const char *path);

/* Is this very path taken, and so all it holds?  Notes the patterns that match it. */
bool selection_takes(struct selection *s, const char *path);

#endif
