/* SPDX-License-Identifier: MIT */
/* What of an engram is damaged, found out and told of once, by those that go on all the same. */
#ifndef ENGRAM_DAMAGE_H
#define ENGRAM_DAMAGE_H

#include <stdint.h>

#include "base/fault.h"
#include "base/progress.h"
#include "engram/engram.h"

struct damage;

/* The engram is borrowed, as are the notices, which may be NULL.  Memory: a byte for each chunk
 * and block. */
int damage_open(struct engram *g, const struct notices *n, struct damage **out, struct fault *f);

/* NULL is allowed. */
void damage_close(struct damage *d);

/* ---- data ---- */

/*
 * Read the data of a file, and check each chunk and the whole.  *why is NULL if all is well, else
 * what is wrong with it, which is valid until the next call.  A damaged block or chunk is told as a
 * NOTICE_LOSS by itself, the first time that it is met.  What fails otherwise is returned.
 * progress (data bytes are added) may be NULL.
 */
int damage_check_data(struct damage *d, const struct engram_item *item, struct progress *progress,
                      const char **why, struct fault *f);

/* ---- the index ---- */

/* After the entry of this path (NULL: before all) a leaf could not be read, as *why says, which is
 * told as a NOTICE_LOSS, and this many entries are lost with it. */
int damage_begin_gap(struct damage *d, uint32_t entries, const char *after, struct fault *why);

/* The next entry that could be read (NULL: there is none): if any were lost before it, tell how
 * many, and between which names. */
void damage_end_gap(struct damage *d, const char *before);

/* How many entries were lost so. */
uint64_t damage_lost_entries(const struct damage *d);

#endif
