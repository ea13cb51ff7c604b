/* SPDX-License-Identifier: MIT */
/* The distinct chunks of an engram that is being written, found by their SHA-256. */
#ifndef ENGRAM_CHUNKSET_H
#define ENGRAM_CHUNKSET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digestmap.h"
#include "base/fault.h"
#include "engram/layout.h"

/* Plain data, all-zero when new.  Memory: 40 bytes per chunk and 5 to 11 for finding it, and for a
 * moment half as much again while it grows. */
struct chunkset {
    struct layout_chunk *chunks; /* in the order in which they were added */
    uint32_t count;
    uint32_t room;
    struct digestmap map;
};

/* The number of the chunk with this digest, *found true; or, *found false, the number that a new
 * element of `chunks` has been given, whose block and length the caller fills in. */
int chunkset_find_or_add(struct chunkset *s, const uint8_t sha256[SHA256_BYTES], uint32_t *number,
                         bool *found, struct fault *f);

/* A new element for a chunk that is there already, but is to be stored once more. */
int chunkset_add_again(struct chunkset *s, const uint8_t sha256[SHA256_BYTES], uint32_t *number,
                       struct fault *f);

void chunkset_free(struct chunkset *s);

#endif
