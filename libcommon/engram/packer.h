/* SPDX-License-Identifier: MIT */
/* Gathers chunks into blocks, one open block per profile, and writes the full ones compressed. */
#ifndef ENGRAM_PACKER_H
#define ENGRAM_PACKER_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/layout.h"
#include "engram/profile.h"
#include "io/sink.h"

struct packer;

/*
 * Blocks are compressed by `threads` workers and written to the sink (borrowed, as the rules are)
 * in the order in which they became full, whichever is done first: the same bytes for any number of
 * threads.  Memory: one block per profile met, and two blocks and zstd's working space per thread,
 * plus two.
 */
int packer_open(struct sink *to, const struct rules *rules, unsigned threads, struct packer **out,
                struct fault *f);

/* Put a chunk of 1 to LAYOUT_CHUNK_MAX bytes (copied) at the end of its profile's open block.
 * *block is this block's number in the order of opening. */
int packer_add(struct packer *p, enum profile profile, const uint8_t *chunk, size_t length,
               uint32_t *block, struct fault *f);

/* Close the open blocks, in the order of the profiles, and see everything written. */
int packer_finish(struct packer *p, struct fault *f);

/* After packer_finish: the blocks as they were written. */
const struct layout_block *packer_blocks(const struct packer *p, uint32_t *count);

/* After packer_finish: the place in that order of the block that was opened as number `block`. */
uint32_t packer_written_as(const struct packer *p, uint32_t block);

/* Bytes written so far. */
uint64_t packer_bytes(const struct packer *p);

/* NULL is allowed. */
void packer_close(struct packer *p);

#endif
