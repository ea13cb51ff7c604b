/* SPDX-License-Identifier: MIT */
/* What an engram's bytes are spent on, profile by profile. */
#ifndef ENGRAM_STATS_H
#define ENGRAM_STATS_H

#include <stdint.h>

#include "base/fault.h"
#include "engram/engram.h"
#include "engram/profile.h"

/* Chunks, and the data made of them, are counted where they are stored, whichever files they belong
 * to; a file where its first chunk is. */
struct stats_row {
    uint64_t files;
    uint64_t data;     /* bytes of the files, each as often as a file has it */
    uint64_t distinct; /* bytes, each chunk once: what the engram's own blocks decode to */
    uint64_t stored;   /* bytes of the blocks */
    uint64_t chunks;
    uint64_t blocks;
};

/* `stored` of all profiles, index and tables add up to size. */
struct engram_stats {
    struct stats_row profiles[PROFILE_COUNT];
    struct stats_row total; /* of these */
    uint64_t names;         /* all entries */
    uint64_t empty;         /* files without data, which have no profile */
    uint64_t base_chunks;   /* that lie in the base, or in its own */
    uint64_t base_distinct; /* bytes of these, each once */
    uint64_t index;         /* bytes of the leaves */
    uint64_t tables;        /* bytes of header, tables and footer */
    uint64_t size;          /* bytes of the engram */
};

/* Reads all of the index.  Memory: 8 bytes for each chunk. */
int engram_stats(struct engram *g, struct engram_stats *s, struct fault *f);

#endif
