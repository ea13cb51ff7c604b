/* SPDX-License-Identifier: MIT */
/* Which blocks a walk over an engram is going to need, found by going through the index ahead. */
#ifndef ENGRAM_READAHEAD_H
#define ENGRAM_READAHEAD_H

#include <stdint.h>

#include "base/fault.h"
#include "engram/blockcache.h"
#include "engram/frame.h"
#include "engram/tables.h"
#include "io/reader.h"

struct readahead;

/*
 * Ahead of a walk over `top` and all below it, which starts in this leaf.  All is borrowed.  It has
 * a leaf of its own, and looks at no more of an entry than its path and chunks: what is wrong with
 * an entry or a leaf is left for the walk to find, and is the end of the plan.
 */
int readahead_open(struct reader *from, const struct tables *t, struct frame_unpacker *u,
                   uint32_t leaf, const char *top, struct readahead **out, struct fault *f);

/* Its answers, for blockcache_follow: the block of each chunk of each entry, by the number of the
 * entry in the engram. */
const struct blockcache_plan *readahead_plan(const struct readahead *a);

/* NULL is allowed. */
void readahead_close(struct readahead *a);

#endif
