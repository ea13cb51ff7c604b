/* SPDX-License-Identifier: MIT */
/* In what two engrams' trees differ, name by name. */
#ifndef ENGRAM_DIFF_H
#define ENGRAM_DIFF_H

#include <stdint.h>

#include "base/fault.h"
#include "engram/engram.h"
#include "engram/fields.h"
#include "engram/pathspec.h"

enum engram_change { CHANGE_ADDED = '+', CHANGE_REMOVED = '-', CHANGE_CHANGED = '~' };

/* A name as one of the two engrams has it; both NULL if it has not. */
struct engram_version {
    const struct engram_item *name; /* its own entry */
    const struct engram_item *file; /* that of what it names: of a hard link the first name's, if
                                       the other engram has the name, too; else the same */
};

/* Valid during the call that tells of it. */
struct engram_difference {
    enum engram_change change;
    struct engram_version a, b;
    unsigned fields; /* CHANGE_CHANGED: those in which it differs, at least one */
};

struct engram_diff_side {
    struct engram *engram;
    const char *name; /* for fault_about */
};

/* What to compare; all is borrowed. */
struct engram_diff {
    struct engram_diff_side a, b;
    const char *top;                /* only it and what lies below; "/" is everything */
    const struct pathspec *pattern; /* NULL, or one whose top this is: only what it matches there,
                                       and all that these hold */
    unsigned ignore;                /* fields */
    /* In manifest order.  Returns 0 to go on, 1 if that is enough, or a fault's code. */
    int (*tell)(void *context, const struct engram_difference *d, struct fault *f);
    void *context;
};

/*
 * Tell of every name in which the trees differ: a from which, b to which it changed.  *names counts
 * those that either has and that were to be compared.  Data is compared by its digests and not
 * decoded.
 *
 * A change to a file with several names is told of at the first one, if that is compared.  Another
 * name is told of if it is linked in one engram only or to another first name (the field link), and
 * the file that it names is then compared as well.
 *
 * Memory: an entry and a leaf of each engram (see engram_walk_open), and what engram_find needs.
 * If all was compared, the engrams' totals (engram/totals.h) are checked as well.
 */
int engram_diff(const struct engram_diff *diff, uint64_t *names, struct fault *f);

#endif
