/* SPDX-License-Identifier: MIT */
/* Where everything in an engram lies: its footer and its tables, read and checked. */
#ifndef ENGRAM_TABLES_H
#define ENGRAM_TABLES_H

#include <stdint.h>

#include "base/fault.h"
#include "engram/baseref.h"
#include "engram/layout.h"
#include "io/reader.h"

struct table_block {
    struct layout_block row;
    uint32_t level;      /* the file that it lies in: 0 the engram's own, 1 its base's, and so on */
    uint32_t last_chunk; /* that lies in it; 0 if it is a base's and none does */
    uint64_t offset;     /* in that file */
};
struct table_leaf {
    struct layout_leaf row;
    uint64_t offset;      /* in the file, of its skippable frame */
    uint64_t first_entry; /* the number of entries before it */
};
struct table_sum;

/*
 * Plain data.  Once loaded, it holds: blocks and leaves tile the file from the header to the
 * tables; none is empty or larger than LAYOUT_BLOCK_MAX or LAYOUT_LEAF_MAX, nor stored in more than
 * layout_frame_max bytes; every profile is known;
 * chunks tile their blocks, none is empty or larger than LAYOUT_CHUNK_MAX; the leaves' entries add
 * up to the footer's.
 *
 * Of an engram that has a base, the blocks are its own, then the base's, and a chunk that is the
 * base's has the base's row: whoever reads need not know.
 */
struct tables {
    struct layout_footer footer;
    uint8_t *payload; /* as it is stored; with a base's put in, the rows of all chunks instead */
    struct table_block *blocks;
    struct table_leaf *leaves;
    const uint8_t *chunk_rows; /* in the payload.  Chunks are looked at by engram/chunkrows.h */
    uint32_t *chunk_offsets;
    struct table_sum *chunk_sums;
    uint32_t block_count; /* with the base's */
    uint32_t own_chunks;  /* that have rows */
    struct baseref base;  /* its name is NULL: there is none */
};

/* Read the tables of an engram of `size` bytes.  *t is to be freed, also on failure.  If there is a
 * base, blocks and chunks are the own ones only until tables_add_base has been called. */
int tables_load(struct reader *from, uint64_t size, struct tables *t, struct fault *f);

/* Put in what is the base's, whose tables are complete. */
int tables_add_base(struct tables *t, const struct tables *base, struct fault *f);

/* The memory that they take once complete, bytes. */
uint64_t tables_memory(const struct tables *t);

void tables_free(struct tables *t);

#endif
