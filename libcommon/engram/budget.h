/* SPDX-License-Identifier: MIT */
/* How much memory writing an engram takes, and how many threads fit into it. */
#ifndef ENGRAM_BUDGET_H
#define ENGRAM_BUDGET_H

#include <stdint.h>

#include "engram/rules.h"

enum {
    BUDGET_DEFAULT = 512 << 20,
    /* Left for what grows with the tree: its index, its names and its chunks. */
    BUDGET_TREE = 128 << 20,
    /* Of the data in open lots, see gather.h. */
    BUDGET_OPEN = 96 << 20,
};

/* What so many threads take at most by these rules, BUDGET_TREE included; within what zstd says of
 * its working space. */
uint64_t budget_bytes(const struct rules *rules, unsigned threads);

/* How many of the wanted threads fit into so many bytes; 0 if not even one does. */
unsigned budget_threads(const struct rules *rules, unsigned wanted, uint64_t bytes);

#endif
