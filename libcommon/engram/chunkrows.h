/* SPDX-License-Identifier: MIT */
/* What the tables say of each chunk: read from their rows, as they are stored, when asked for. */
#ifndef ENGRAM_CHUNKROWS_H
#define ENGRAM_CHUNKROWS_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "engram/layout.h"
#include "engram/tables.h"

static inline const uint8_t *chunkrows_at(const struct tables *t, uint32_t chunk)
{
    return t->chunk_rows + (size_t)chunk * LAYOUT_CHUNK_ROW;
}

static inline uint32_t chunkrows_block(const struct tables *t, uint32_t chunk)
{
    return le32_at(chunkrows_at(t, chunk) + LAYOUT_CHUNK_BLOCK);
}

static inline uint32_t chunkrows_length(const struct tables *t, uint32_t chunk)
{
    return le32_at(chunkrows_at(t, chunk) + LAYOUT_CHUNK_LENGTH);
}

static inline const uint8_t *chunkrows_sha256(const struct tables *t, uint32_t chunk)
{
    return chunkrows_at(t, chunk) + LAYOUT_CHUNK_SHA256;
}

/* Where it is in what its block unpacks to. */
static inline uint32_t chunkrows_offset(const struct tables *t, uint32_t chunk)
{
    return t->chunk_offsets[chunk];
}

/* Bytes in all chunks before it. */
uint64_t chunkrows_before(const struct tables *t, uint32_t chunk);

/* Bytes in `count` chunks from `first` on. */
uint64_t chunkrows_bytes(const struct tables *t, uint32_t first, uint32_t count);

/* Bytes of content of the blocks that reading them in order leads into, after that of the first. */
uint64_t chunkrows_blocks(const struct tables *t, uint32_t first, uint32_t count);

/* The memory that all this takes, bytes. */
uint64_t chunkrows_memory(const struct tables *t);

/* ---- for loading the tables ---- */

/* An array of what rows that are in memory back; one element at least.  NULL: no memory. */
void *chunkrows_array(uint64_t count, size_t each);

/* Check the own rows, which are in place, against the blocks, and find the chunks' offsets. */
int chunkrows_take(struct tables *t, struct fault *f);

/* All chunks by their numbers: own rows where no run of the base section is, else the base's. */
int chunkrows_spread(struct tables *t, const struct tables *base, struct fault *f);

/* What there is of sums, and of what blocks know of their chunks, once all rows are there. */
int chunkrows_add_up(struct tables *t, struct fault *f);

#endif
