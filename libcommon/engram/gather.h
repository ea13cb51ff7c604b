/* SPDX-License-Identifier: MIT */
/* Gathers chunks that are alike into lots, each of which becomes a block. */
#ifndef ENGRAM_GATHER_H
#define ENGRAM_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/packer.h"
#include "engram/rules.h"

struct gather;

/* Chunks of one class are gathered in one lot.  The order in which they come, that of the tree, is
 * as good for compression as an order by extension or by name: all were measured. */
struct gather_class {
    enum profile profile;
    bool dense; /* they will not compress */
};
enum { GATHER_CLASSES = 2 * PROFILE_COUNT };

/* What comes out depends on open_bytes, see gather_relieve.  All is borrowed. */
int gather_open(struct packer *packer, const struct rules *rules, size_t open_bytes,
                struct gather **out, struct fault *f);

/*
 * Put a chunk of 1 to LAYOUT_CHUNK_MAX bytes (copied) into the lot of its class, and say which that
 * is: lots are numbered from 0 in the order in which they are started.  If less than `together`
 * bytes have room in the lot, a new one is started first: that is what is to come of a small file.
 */
int gather_add(struct gather *g, struct gather_class class, const uint8_t *bytes, uint32_t length,
               uint64_t together, uint32_t *lot, struct fault *f);

/* Make a block of the largest open lot if those that are open have more than open_bytes.  To be
 * called where a file may be parted. */
int gather_relieve(struct gather *g, struct fault *f);

/* How many bytes a block of this class may have at most. */
uint32_t gather_block_most(const struct gather *g, struct gather_class class);

/* The same for the block that a lot becomes. */
uint32_t gather_lot_most(const struct gather *g, uint32_t lot);

/* Make blocks of all that is left. */
int gather_finish(struct gather *g, struct fault *f);

/* After gather_finish: the number of the block that a lot has become. */
uint32_t gather_block_of(const struct gather *g, uint32_t lot);

/* NULL is allowed. */
void gather_close(struct gather *g);

#endif
