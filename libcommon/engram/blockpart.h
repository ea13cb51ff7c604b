/* SPDX-License-Identifier: MIT */
/* Decodes a block of an engram from its start as far as it is wanted, and on from there. */
#ifndef ENGRAM_BLOCKPART_H
#define ENGRAM_BLOCKPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "engram/blockslots.h"
#include "engram/tables.h"
#include "io/reader.h"

/* A decoder, and a piece of a block as it is stored.  It goes on in the slot in which it was used
 * last only. */
struct blockpart;
int blockpart_open(struct blockpart **out, struct fault *f);
void blockpart_close(struct blockpart *p); /* NULL is allowed */

/*
 * See to it that the first `wanted` bytes of block b are in its slot, which is not busy; s->have
 * says how many there are.  What is stored is read only as far as that takes, and so is checked
 * against nothing, neither the block's SHA-256 nor the frame's checksum: the caller checks chunks.
 * False if they cannot be had so, because the block was begun and then another one, or because
 * something failed: only the block as a whole can say what.
 */
bool blockpart_reach(struct blockpart *p, struct blockslot *s, struct reader *from,
                     const struct table_block *b, size_t wanted);

#endif
