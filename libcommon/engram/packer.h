/* SPDX-License-Identifier: MIT */
/* Compresses blocks on many threads and writes them in order. */
#ifndef ENGRAM_PACKER_H
#define ENGRAM_PACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/pool.h"
#include "engram/layout.h"
#include "engram/rules.h"
#include "io/sink.h"

struct packer;

/*
 * Blocks are compressed by the pool's workers and written to the sink in the order in which they
 * came, whichever is done first: the same bytes for any number of threads.  All is borrowed.
 * Memory: for each worker zstd's working space, and two blocks; and two blocks more.  One thread at
 * a time.
 */
int packer_open(struct sink *to, const struct rules *rules, struct pool *pool, struct packer **out,
                struct fault *f);

/* A block's content. */
struct packer_block {
    uint8_t *data; /* allocated with malloc; the packer's from now on, also on failure */
    uint32_t length;
    enum profile profile;
    bool dense; /* it will not compress */
};

/* Take a block, which is numbered by the order of these calls. */
int packer_add(struct packer *p, const struct packer_block *block, struct fault *f);

/* See everything written. */
int packer_finish(struct packer *p, struct fault *f);

/* After packer_finish: the blocks as they were written. */
const struct layout_block *packer_blocks(const struct packer *p, uint32_t *count);

/* Bytes written so far. */
uint64_t packer_bytes(const struct packer *p);

/* After the pool was closed.  NULL is allowed. */
void packer_close(struct packer *p);

#endif
