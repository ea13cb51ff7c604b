/* SPDX-License-Identifier: MIT */
/* A walk over the entries of an engram that were selected, which is a tree of its own. */
#ifndef ENGRAM_SELECTWALK_H
#define ENGRAM_SELECTWALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/engram.h"
#include "engram/selection.h"

struct select_walk;

/*
 * Start one.  Both are borrowed.  Only those parts of the index are read that PATHs lead to.
 * Memory, unless all is selected: the names of all files that were given, as struct names keeps
 * them, and two names for each file whose first name is not selected.
 */
int select_walk_open(struct engram *g, struct selection *s, struct select_walk **out,
                     struct fault *f);

/*
 * The next entry, or *more false; as engram_walk_next gives it and checks it, with these
 * differences.  The directories on the way to what is selected come as well, each before what it
 * holds.  Of a file whose first name is not selected the first name that is comes as the file
 * itself, with its metadata and runs, and the others as hard links to that one; that a hard link's
 * first name is a file is then checked here.
 */
int select_walk_next(struct select_walk *w, struct engram_item *item, bool *more, struct fault *f);

/* The data of what comes will be read, see engram_walk_read_ahead.  To be called before the first
 * entry. */
void select_walk_read_ahead(struct select_walk *w);

/*
 * After select_walk_next failed with FAULT_DAMAGED: as engram_walk_pass_over, of a walk over
 * everything; false of any other, which looks in the index for what it leaves out and for the
 * directories on its way.
 */
bool select_walk_pass_over(struct select_walk *w, uint32_t *entries);

/* NULL is allowed. */
void select_walk_close(struct select_walk *w);

#endif
