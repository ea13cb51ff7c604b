/* SPDX-License-Identifier: MIT */
/* What reading a file costs while it is being written, kept within the bound of engram(5). */
#ifndef ENGRAM_COST_H
#define ENGRAM_COST_H

#include <stdbool.h>
#include <stdint.h>

enum { COST_TOGETHER_BYTES = 4 << 20 };

/* One file, whose chunks come in order.  Plain data; start from `data`, all else zero. */
struct cost {
    uint64_t data;  /* bytes of the file */
    uint64_t bytes; /* of the blocks that its chunks so far lead through, at most */
    uint64_t place; /* the block of the latest chunk, by a number that says which it is */
    bool started;
};

/* The most bytes of new data at a file's end that are put into one block, where a block has
 * block_most bytes at most. */
uint64_t cost_together(uint64_t block_most);

/*
 * May the next chunk be in another block than the latest, one of at most `most` bytes, so that the
 * bound holds whatever comes: `rest` bytes after it, all of them new and in blocks of at most
 * block_most bytes?
 *
 * New data fills blocks of its own, and may share the first and the last with others; where it is
 * at most cost_together, it is in one.  Blocks that are closed for want of memory part it once
 * more, at most every COST_TOGETHER_BYTES.
 */
bool cost_allows(const struct cost *c, uint64_t most, uint64_t rest, uint64_t block_most);

/* The next chunk is in this block, of at most `most` bytes. */
void cost_add(struct cost *c, uint64_t place, uint64_t most);

#endif
