/* SPDX-License-Identifier: MIT */
/* Writes the tables of an engram. */
#ifndef ENGRAM_TABLEWRITER_H
#define ENGRAM_TABLEWRITER_H

#include "base/fault.h"
#include "engram/baseset.h"
#include "engram/chunkset.h"
#include "engram/gather.h"
#include "engram/layout.h"
#include "io/sink.h"

/* What the tables are made of; all is complete. */
struct tablewriter {
    const struct layout_block *blocks;
    const struct layout_leaf *leaves;
    const struct chunkset *set; /* `block` is the lot; or see baseset_has */
    const struct gather *gather;
    const struct baseset *base; /* NULL: none */
};

/*
 * Put the tables' frame into the sink.  *footer has the numbers of blocks and leaves, and gets
 * those of chunks and of the base section's bytes, and the tables' digest; *own_chunks are those
 * that are not the base's.
 */
int tablewriter_write(const struct tablewriter *t, struct sink *to, struct layout_footer *footer,
                      uint32_t *own_chunks, struct fault *f);

#endif
