/* SPDX-License-Identifier: MIT */
/* Where everything in an engram lies: its footer and its tables, read and checked. */
#ifndef ENGRAM_TABLES_H
#define ENGRAM_TABLES_H

#include <stdint.h>

#include "base/fault.h"
#include "engram/layout.h"
#include "io/reader.h"

struct table_block {
    struct layout_block row;
    uint64_t offset; /* in the file */
};
struct table_leaf {
    struct layout_leaf row;
    uint64_t offset;      /* in the file, of its skippable frame */
    uint64_t first_entry; /* the number of entries before it */
};
struct table_chunk {
    struct layout_chunk row;
    uint32_t offset; /* in what its block unpacks to */
    uint64_t before; /* bytes in all chunks before it */
    uint64_t blocks; /* bytes of content of the blocks that the chunks up to this one, read in
                        order, lead into */
};

/*
 * Plain data.  Once loaded, it holds: blocks and leaves tile the file from the header to the
 * tables; none is empty or larger than LAYOUT_BLOCK_MAX or LAYOUT_LEAF_MAX, nor stored in more than
 * layout_frame_max bytes; every profile is known;
 * chunks tile their blocks, none is empty or larger than LAYOUT_CHUNK_MAX; the leaves' entries add
 * up to the footer's.
 */
struct tables {
    struct layout_footer footer;
    struct table_block *blocks;
    struct table_leaf *leaves;
    struct table_chunk *chunks;
};

/* Read the tables of an engram of `size` bytes.  *t is to be freed, also on failure. */
int tables_load(struct reader *from, uint64_t size, struct tables *t, struct fault *f);

void tables_free(struct tables *t);

#endif
