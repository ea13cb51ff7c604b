/* SPDX-License-Identifier: MIT */
/* Decoded blocks of an engram, the last few of them kept, and loaded ahead by several threads. */
#ifndef ENGRAM_BLOCKCACHE_H
#define ENGRAM_BLOCKCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/base.h"
#include "engram/tables.h"

struct blockcache;

/* Keeps up to max_bytes of decoded blocks, or one block if that is larger, and one more as it is
 * stored; 2 bytes per block and 1 per chunk.  The files and the tables are borrowed.  Damage in a
 * block of a base is about the base's file.  One thread at a time. */
int blockcache_open(const struct base_chain *from, const struct tables *t, size_t max_bytes,
                    struct blockcache **out, struct fault *f);

/* All that a block unpacks to, its stored bytes checked against their SHA-256 when it is loaded.
 * Valid until the next call. */
int blockcache_get(struct blockcache *c, uint32_t block, const uint8_t **data, struct fault *f);

/* The bytes of one chunk, checked against its SHA-256.  Valid until the next call.  Unless a plan
 * is followed or all is expected, a block is decoded only as far as it takes: damage to what is
 * stored of it behind that is not found, but what is told of damage that is found is the same. */
int blockcache_chunk(struct blockcache *c, uint32_t chunk, const uint8_t **data, struct fault *f);

/* Chunks will be asked for that are all, or most, of what their blocks have; to be called with
 * false as often as with true. */
void blockcache_expect_all(struct blockcache *c, bool yes);

/* ---- loading ahead ---- */

/* Have so many threads for loading blocks ahead: each has a decoder, and a block as it is stored;
 * and 4 bytes per block and per chunk.  With one thread nothing is loaded ahead.  To be called
 * once. */
int blockcache_threads(struct blockcache *c, unsigned threads, struct fault *f);

/* Who knows which blocks will be asked for. */
struct blockcache_plan {
    /* The next block that is wanted (the same one may come again and again), and the number, never
     * falling, of the entry that wants it.  False if no more is known. */
    bool (*next)(void *context, uint32_t *block, uint64_t *entry);
    void *context;
};

/*
 * Load what the plan (borrowed) says ahead, up to three quarters of the cache's memory, whenever
 * blockcache_get is called, and keep it until the plan is past it.  What is asked for in another
 * order is loaded when it is asked for; and what cannot be loaded ahead is loaded again then, so
 * that a fault is told where and as it would be without a plan.  NULL: no more plan.  False, and
 * nothing done, if there is one already or only one thread.
 */
bool blockcache_follow(struct blockcache *c, const struct blockcache_plan *plan);

/* No entry of the plan before this one is going to be read any more. */
void blockcache_reach(struct blockcache *c, uint64_t entry);

/* For tests: bytes of content that were decoded so far, which is what reading has cost; and how
 * many of them ahead. */
uint64_t blockcache_decoded(const struct blockcache *c);
uint64_t blockcache_ahead(const struct blockcache *c);

/* NULL is allowed. */
void blockcache_close(struct blockcache *c);

#endif
