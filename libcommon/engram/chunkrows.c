/* SPDX-License-Identifier: MIT */
/* What the tables say of each chunk: read from their rows, as they are stored, when asked for. */
#include "engram/chunkrows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Adding up from the last of the sums that are kept is quick; one for each chunk would take as long
 * to fill in as all else of opening an engram. */
enum { SUM_STEP = 16 };

/* Both sums over the chunks before number `chunk`. */
struct table_sum {
    uint64_t bytes;
    uint64_t blocks;
};

uint64_t chunkrows_before(const struct tables *t, uint32_t chunk)
{
    uint64_t bytes = t->chunk_sums[chunk / SUM_STEP].bytes;

    for (uint32_t i = chunk - chunk % SUM_STEP; i < chunk; i++)
        bytes += chunkrows_length(t, i);
    return bytes;
}

/* What going on to this chunk from the one before it leads into. */
static uint64_t new_block(const struct tables *t, uint32_t chunk)
{
    uint32_t block = chunkrows_block(t, chunk);

    return chunk > 0 && chunkrows_block(t, chunk - 1) == block ? 0 : t->blocks[block].row.unpacked;
}

/* What the chunks up to this one lead into. */
static uint64_t blocks_to(const struct tables *t, uint32_t chunk)
{
    uint64_t blocks = t->chunk_sums[chunk / SUM_STEP].blocks;

    for (uint32_t i = chunk - chunk % SUM_STEP; i <= chunk; i++)
        blocks += new_block(t, i);
    return blocks;
}

/* Most files have so few chunks that adding up these is quicker than what comes before them. */
uint64_t chunkrows_bytes(const struct tables *t, uint32_t first, uint32_t count)
{
    uint32_t last = first + (count - 1);
    uint64_t bytes = 0;

    if (count > SUM_STEP)
        return chunkrows_before(t, last) + chunkrows_length(t, last) - chunkrows_before(t, first);
    for (uint32_t i = 0; i < count; i++)
        bytes += chunkrows_length(t, first + i);
    return bytes;
}

uint64_t chunkrows_blocks(const struct tables *t, uint32_t first, uint32_t count)
{
    uint64_t blocks = 0;

    if (count > SUM_STEP)
        return blocks_to(t, first + (count - 1)) - blocks_to(t, first);
    for (uint32_t i = 1; i < count; i++)
        blocks += new_block(t, first + i);
    return blocks;
}

uint64_t chunkrows_memory(const struct tables *t)
{
    return (uint64_t)t->footer.chunks * (LAYOUT_CHUNK_ROW + sizeof(*t->chunk_offsets)) +
           ((uint64_t)t->footer.chunks / SUM_STEP + 1) * sizeof(*t->chunk_sums);
}

void *chunkrows_array(uint64_t count, size_t each)
{
    return calloc(count ? count : 1, each);
}

/* The offsets of the chunks; `filled` has a zero per block: how much of it chunks have taken. */
static int fill_blocks(struct tables *t, uint32_t *filled, struct fault *f)
{
    for (uint32_t i = 0; i < t->own_chunks; i++) {
        uint32_t b = chunkrows_block(t, i), length = chunkrows_length(t, i);

        if (b >= t->footer.blocks || length == 0 || length > LAYOUT_CHUNK_MAX ||
            length > t->blocks[b].row.unpacked - filled[b])
            return fault_set(f, FAULT_DAMAGED,
                             "tables: chunk %" PRIu32 " of %" PRIu32 " bytes in block %" PRIu32
                             ": out of range",
                             i, length, b);
        t->chunk_offsets[i] = filled[b];
        filled[b] += length;
    }
    for (uint32_t b = 0; b < t->footer.blocks; b++) {
        if (filled[b] != t->blocks[b].row.unpacked)
            return fault_set(f, FAULT_DAMAGED,
                             "tables: block %" PRIu32 " unpacks to %" PRIu32
                             " bytes, but its chunks have %" PRIu32,
                             b, t->blocks[b].row.unpacked, filled[b]);
    }
    return 0;
}

int chunkrows_take(struct tables *t, struct fault *f)
{
    uint32_t *filled = chunkrows_array(t->footer.blocks, sizeof(*filled));
    int rc;

    t->chunk_offsets = chunkrows_array(t->own_chunks, sizeof(*t->chunk_offsets));
    if (filled && t->chunk_offsets)
        rc = fill_blocks(t, filled, f);
    else
        rc = fault_memory(f, "tables", (uint64_t)t->own_chunks * sizeof(*t->chunk_offsets));
    free(filled);
    return rc;
}

int chunkrows_add_up(struct tables *t, struct fault *f)
{
    struct table_sum at = {0}; /* 2^32 times LAYOUT_BLOCK_MAX: they cannot wrap */
    uint64_t sums = (uint64_t)t->footer.chunks / SUM_STEP + 1;

    t->chunk_sums = chunkrows_array(sums, sizeof(*t->chunk_sums));
    if (!t->chunk_sums)
        return fault_memory(f, "tables", sums * sizeof(*t->chunk_sums));
    for (uint32_t i = 0; i < t->footer.chunks; i++) {
        if (i % SUM_STEP == 0)
            t->chunk_sums[i / SUM_STEP] = at;
        at.bytes += chunkrows_length(t, i);
        at.blocks += new_block(t, i);
        t->blocks[chunkrows_block(t, i)].last_chunk = i;
    }
    return 0;
}

/* ---- what is the base's ---- */

/* Rows and offsets under way to their places. */
struct spread {
    uint8_t *rows;
    uint32_t *offsets;
};

/* `count` chunks from `first` on, of `from`, become those from `at` on. */
static void copy(const struct spread *to, uint32_t at, const struct tables *from, uint32_t first,
                 uint32_t count)
{
    memcpy(to->rows + (size_t)at * LAYOUT_CHUNK_ROW, chunkrows_at(from, first),
           (size_t)count * LAYOUT_CHUNK_ROW);
    memcpy(to->offsets + at, from->chunk_offsets + first, (size_t)count * sizeof(*to->offsets));
}

/* The base's blocks are numbered after the own ones. */
static void renumber(const struct spread *to, uint32_t at, uint32_t count, uint32_t own_blocks)
{
    for (uint32_t i = at; i < at + count; i++) {
        uint8_t *block = to->rows + (size_t)i * LAYOUT_CHUNK_ROW + LAYOUT_CHUNK_BLOCK;

        put_le32(block, le32_at(block) + own_blocks);
    }
}

/* They fill the place exactly: own chunks and runs have been counted. */
static void fill(const struct spread *to, const struct tables *t, const struct tables *base)
{
    uint32_t at = 0, own = 0;

    for (uint32_t i = 0; i < t->base.run_count; i++) {
        const struct baseref_run *run = &t->base.runs[i];

        copy(to, at, t, own, run->first - at);
        own += run->first - at;
        at = run->first;
        copy(to, at, base, run->from, run->count);
        renumber(to, at, run->count, t->footer.blocks);
        at += run->count;
    }
    copy(to, at, t, own, t->footer.chunks - at);
}

int chunkrows_spread(struct tables *t, const struct tables *base, struct fault *f)
{
    struct spread to = {
        .rows = chunkrows_array(t->footer.chunks, LAYOUT_CHUNK_ROW),
        .offsets = chunkrows_array(t->footer.chunks, sizeof(*to.offsets)),
    };

    if (!to.rows || !to.offsets) {
        free(to.rows);
        free(to.offsets);
        return fault_memory(f, "tables", (uint64_t)t->footer.chunks * LAYOUT_CHUNK_ROW);
    }
    fill(&to, t, base);
    free(t->payload);
    free(t->chunk_offsets);
    t->chunk_rows = t->payload = to.rows;
    t->chunk_offsets = to.offsets;
    return 0;
}
