/* SPDX-License-Identifier: MIT */
/* Threads that load blocks of an engram into their slots and check the chunks in them. */
#ifndef ENGRAM_BLOCKWORKERS_H
#define ENGRAM_BLOCKWORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/pool.h"
#include "engram/base.h"
#include "engram/blockslots.h"
#include "engram/tables.h"

struct blockworkers;

/* Each thread has a decoder and a block as it is stored; besides, 4 bytes per block and per chunk.
 * All is borrowed; `checked` has a byte for each chunk, set to 1 where its SHA-256 is right. */
int blockworkers_open(const struct base_chain *from, const struct tables *t, uint8_t *checked,
                      unsigned threads, struct blockworkers **out, struct fault *f);

unsigned blockworkers_count(const struct blockworkers *w);
struct pool *blockworkers_pool(struct blockworkers *w);

/* Load the slot's block (s->busy, then s->loaded), unless it lies in several pieces: then false,
 * and it waits until it is asked for, as one does that cannot be loaded. */
bool blockworkers_submit(struct blockworkers *w, struct blockslot *s);

/* What was not begun is not done any more.  NULL is allowed. */
void blockworkers_close(struct blockworkers *w);

#endif
