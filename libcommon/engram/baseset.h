/* SPDX-License-Identifier: MIT */
/* The chunks of a base, found by their SHA-256, for an engram that is written against it. */
#ifndef ENGRAM_BASESET_H
#define ENGRAM_BASESET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/chunkset.h"
#include "engram/engram.h"

struct baseset;

/* May this engram, whose file is known by `name`, be a base?  FAULT_USAGE or FAULT_UNSUPPORTED if
 * not. */
int baseset_check(const struct engram *base, const char *name, struct fault *f);

/* The memory that it takes as one, bytes: its tables, and the index below over its chunks. */
uint64_t baseset_memory(const struct engram *base);

/* An index over the chunks of an open engram (borrowed), whose file is known by `name` (copied).
 * Memory, beside the engram's: 5 to 11 bytes for each of its chunks. */
int baseset_open(const struct engram *base, const char *name, struct baseset **out,
                 struct fault *f);

/* The base's chunk with this digest, if it has one. */
bool baseset_find(const struct baseset *b, const uint8_t sha256[SHA256_BYTES], uint32_t *chunk);

/* The block that a chunk of the base lies in, and how many bytes a block unpacks to. */
uint32_t baseset_block(const struct baseset *b, uint32_t chunk);
uint32_t baseset_block_bytes(const struct baseset *b, uint32_t block);

/* An element of a chunkset that is a chunk of the base: it has no length, and what is the block of
 * others is its number in the base. */
static inline bool baseset_has(const struct layout_chunk *c)
{
    return c->length == 0;
}

/* The base section for a complete set of chunks, malloc'd, and how many of these are not the
 * base's. */
int baseset_section(const struct baseset *b, const struct chunkset *set, uint8_t **section,
                    uint32_t *length, uint32_t *own_chunks, struct fault *f);

/* NULL is allowed. */
void baseset_close(struct baseset *b);

#endif
