/* SPDX-License-Identifier: MIT */
/* A walk that leaves out what is damaged, and goes on. */
#ifndef ENGRAM_SOUNDWALK_H
#define ENGRAM_SOUNDWALK_H

#include <stdbool.h>

#include "base/fault.h"
#include "engram/engram.h"
#include "engram/selectwalk.h"

struct sound_walk;

/*
 * Over what `from` gives, which has given nothing yet; this, the engram and the notices (which may
 * be NULL) are borrowed.  with_data: the data of each file is read, and checked as engram_verify
 * does, before the file is given, so that it can then be read without meeting damage; what the
 * cache of blocks cannot keep until then is decoded once more.  Memory: that of struct damage, and
 * the names that are given as struct names keeps them.
 */
int sound_walk_open(struct engram *g, struct select_walk *from, bool with_data,
                    const struct notices *n, struct sound_walk **out, struct fault *f);

/*
 * As select_walk_next, but each of these is told as a NOTICE_LOSS with its name and left out: a
 * file with damaged data and every hard link to it; what a damaged leaf of the index holds, where
 * the walk can pass over it (select_walk_pass_over) and the root is not among it, whose names are
 * not known; and what lies in a directory, or is a hard link to a file, that was lost with it.
 */
int sound_walk_next(struct sound_walk *w, struct engram_item *item, bool *more, struct fault *f);

/* Was anything left out so far? */
bool sound_walk_has_losses(const struct sound_walk *w);

/* NULL is allowed. */
void sound_walk_close(struct sound_walk *w);

#endif
