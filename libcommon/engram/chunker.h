/* SPDX-License-Identifier: MIT */
/* Where file data is cut into chunks: at places that its content marks. */
#ifndef ENGRAM_CHUNKER_H
#define ENGRAM_CHUNKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Content-defined chunking as in FastCDC (Xia et al., "FastCDC: a Fast and Efficient
 * Content-Defined Chunking Approach for Data Deduplication", USENIX ATC 2016): a Gear hash rolls
 * over the data, a chunk ends where its highest bits are zero, and more bits have to be before the
 * usual size than after it ("normalized chunking", there section 3.5).  engram(5) has the
 * parameters.
 */
enum {
    CHUNKER_MIN = 8 << 10,    /* bytes; only the last chunk of a file may be shorter */
    CHUNKER_USUAL = 32 << 10, /* from here on a place is easier to find */
    CHUNKER_MAX = 128 << 10,
    /* Many chunks cost much memory: after so many, all three are so many times doubled, and
     * CHUNKER_MAX is LAYOUT_CHUNK_MAX. */
    CHUNKER_SMALL_CHUNKS = 1 << 21,
    CHUNKER_DOUBLINGS = 3,
};

/* Plain data. */
struct chunker {
    uint64_t gear[256];   /* the table of the Gear hash */
    unsigned doublings;   /* of the sizes: 0 or CHUNKER_DOUBLINGS */
    uint64_t small_count; /* chunks that are still to be cut small */
};

void chunker_start(struct chunker *c, uint64_t small_chunks);

/*
 * How long the first chunk of these bytes is, or 0 if that cannot be told before more bytes have
 * come.  `final`: there are no more of this file.  With LAYOUT_CHUNK_MAX bytes, or with final ones,
 * the answer is never 0.  It depends on nothing but the bytes and how many chunks were cut before.
 */
size_t chunker_cut(struct chunker *c, const uint8_t *bytes, size_t length, bool final);

#endif
