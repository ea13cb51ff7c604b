/* SPDX-License-Identifier: MIT */
/* Where everything in an engram lies: its footer and its tables, read and checked. */
#include "engram/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "engram/chunkrows.h"
#include "engram/profile.h"

static int load_footer(struct reader *from, uint64_t size, struct layout_footer *footer,
                       struct fault *f)
{
    uint8_t header[LAYOUT_HEADER_BYTES], end[LAYOUT_FOOTER_BYTES];
    uint64_t offset;

    if (size < LAYOUT_HEADER_BYTES)
        return fault_set(f, FAULT_DAMAGED, "no engram: only %" PRIu64 " bytes", size);
    if (reader_read(from, 0, header, sizeof(header), f) < 0 ||
        layout_check_signature(header, f) < 0)
        return f->code;
    if (size < LAYOUT_HEADER_BYTES + LAYOUT_FRAME_BYTES + LAYOUT_FOOTER_BYTES)
        return fault_set(f, FAULT_DAMAGED, "the engram was cut short at %" PRIu64 " bytes", size);
    offset = size - LAYOUT_FOOTER_BYTES;
    if (reader_read(from, offset, end, sizeof(end), f) < 0)
        return f->code;
    if (layout_get_footer(end, footer, f) < 0)
        return f->code == FAULT_DAMAGED ? fault_prefix(f, "footer at offset %" PRIu64, offset)
                                        : f->code;
    return layout_check_header(header, footer, f);
}

/* How long the tables' payload is, and how many chunks have rows in it: without a base, by the
 * footer; with one, as many as fit between the base section and the footer. */
static int measure(uint64_t size, const struct layout_footer *footer, uint64_t *length,
                   uint32_t *own_chunks, struct fault *f)
{
    uint64_t space = size - LAYOUT_HEADER_BYTES - LAYOUT_FRAME_BYTES - LAYOUT_FOOTER_BYTES;
    uint64_t least = layout_tables_bytes(footer, footer->base_bytes ? 0 : footer->chunks), rows;

    if (least > space || footer->tables_offset < LAYOUT_HEADER_BYTES ||
        footer->tables_offset - LAYOUT_HEADER_BYTES > space - least)
        goto misfit;
    rows = space - least - (footer->tables_offset - LAYOUT_HEADER_BYTES);
    *length = least + rows;
    *own_chunks = footer->chunks;
    if (!footer->base_bytes && rows == 0)
        return 0;
    if (!footer->base_bytes || rows % LAYOUT_CHUNK_ROW != 0 ||
        rows / LAYOUT_CHUNK_ROW > footer->chunks)
        goto misfit;
    *own_chunks = (uint32_t)(rows / LAYOUT_CHUNK_ROW);
    return 0;
misfit:
    return fault_set(f, FAULT_DAMAGED,
                     "footer: %" PRIu64 " bytes of tables at offset %" PRIu64
                     " do not fit an engram of %" PRIu64 " bytes",
                     least, footer->tables_offset, size);
}

/* The tables' payload of `length` bytes, which the file's own size backs, checked against its
 * digest. */
static int load_payload(struct reader *from, const struct layout_footer *footer, uint64_t length,
                        uint8_t **out, struct fault *f)
{
    uint8_t frame[LAYOUT_FRAME_BYTES], digest[SHA256_BYTES];
    uint32_t payload;
    uint8_t *bytes;

    if (reader_read(from, footer->tables_offset, frame, sizeof(frame), f) < 0)
        return f->code;
    if (layout_get_frame(frame, LAYOUT_TABLES, &payload, f) < 0)
        return fault_prefix(f, "tables at offset %" PRIu64, footer->tables_offset);
    if (payload != length)
        return fault_set(f, FAULT_DAMAGED,
                         "tables at offset %" PRIu64 ": their frame has %" PRIu32
                         " bytes, but %" PRIu64 " by the footer",
                         footer->tables_offset, payload, length);
    bytes = malloc(length ? length : 1);
    if (!bytes)
        return fault_memory(f, "tables", length);
    *out = bytes;
    if (reader_read_once(from, footer->tables_offset + sizeof(frame), bytes, length, f) < 0)
        return f->code;
    sha256_of(bytes, length, digest);
    if (memcmp(digest, footer->tables, SHA256_BYTES) != 0)
        return fault_set(f, FAULT_DAMAGED, "tables at offset %" PRIu64 ": their SHA-256 is wrong",
                         footer->tables_offset);
    return 0;
}

/* A frame of `stored` bytes follows at *offset and ends before the tables. */
static int place(const struct tables *t, uint32_t stored, uint64_t *offset)
{
    if (stored <= LAYOUT_FRAME_BYTES || stored > t->footer.tables_offset - *offset)
        return -1;
    *offset += stored;
    return 0;
}

static int take_blocks(struct tables *t, const uint8_t *rows, uint64_t *offset, struct fault *f)
{
    for (uint32_t i = 0; i < t->footer.blocks; i++) {
        struct table_block *b = &t->blocks[i];

        layout_get_block(rows + (size_t)i * LAYOUT_BLOCK_ROW, &b->row);
        b->offset = *offset;
        if (place(t, b->row.stored, offset) < 0 || b->row.unpacked == 0 ||
            b->row.unpacked > LAYOUT_BLOCK_MAX || b->row.stored > layout_frame_max(b->row.unpacked))
            return fault_set(f, FAULT_DAMAGED,
                             "tables: block %" PRIu32 " at offset %" PRIu64 " has %" PRIu32
                             " bytes, %" PRIu32 " unpacked: out of range",
                             i, b->offset, b->row.stored, b->row.unpacked);
        if (b->row.profile >= PROFILE_COUNT)
            return fault_set(f, FAULT_DAMAGED, "tables: block %" PRIu32 " has profile %" PRIu32, i,
                             b->row.profile);
    }
    return 0;
}

static int take_leaves(struct tables *t, const uint8_t *rows, uint64_t *offset, struct fault *f)
{
    uint64_t entries = 0;

    for (uint32_t i = 0; i < t->footer.leaves; i++) {
        struct table_leaf *l = &t->leaves[i];

        layout_get_leaf(rows + (size_t)i * LAYOUT_LEAF_ROW, &l->row);
        l->offset = *offset;
        l->first_entry = entries;
        if (place(t, l->row.stored, offset) < 0 || l->row.unpacked == 0 ||
            l->row.unpacked > LAYOUT_LEAF_MAX ||
            (l->row.unpacked > LAYOUT_LEAF_SHARED && l->row.entries > 1) ||
            l->row.stored > LAYOUT_FRAME_BYTES + layout_frame_max(l->row.unpacked) ||
            l->row.entries == 0)
            return fault_set(f, FAULT_DAMAGED,
                             "tables: leaf %" PRIu32 " at offset %" PRIu64 " has %" PRIu32
                             " bytes, %" PRIu32 " unpacked, %" PRIu32 " entries: out of range",
                             i, l->offset, l->row.stored, l->row.unpacked, l->row.entries);
        entries += l->row.entries;
    }
    if (entries != t->footer.entries)
        return fault_set(f, FAULT_DAMAGED,
                         "tables: the leaves have %" PRIu64
                         " entries, but the footer counts %" PRIu64,
                         entries, t->footer.entries);
    if (*offset != t->footer.tables_offset)
        return fault_set(f, FAULT_DAMAGED,
                         "tables: blocks and leaves end at offset %" PRIu64
                         ", but the tables start at %" PRIu64,
                         *offset, t->footer.tables_offset);
    return 0;
}

/* The base section, and that own chunks and the base's are all. */
static int take_base(struct tables *t, const uint8_t *section, struct fault *f)
{
    const struct layout_footer *n = &t->footer;
    uint64_t covered;

    if (n->base_bytes == 0)
        return 0;
    if (baseref_get(section, n->base_bytes, n->chunks, &t->base, &covered, f) < 0)
        return f->code;
    if (covered + t->own_chunks != n->chunks)
        return fault_set(f, FAULT_DAMAGED,
                         "tables: %" PRIu32 " rows of chunks and %" PRIu64
                         " chunks of the base, but the footer counts %" PRIu32,
                         t->own_chunks, covered, n->chunks);
    return 0;
}

static int take_rows(struct tables *t, uint64_t length, struct fault *f)
{
    const struct layout_footer *n = &t->footer;
    const uint8_t *leaf_rows = t->payload + (size_t)n->blocks * LAYOUT_BLOCK_ROW;
    const uint8_t *section = leaf_rows + (size_t)n->leaves * LAYOUT_LEAF_ROW;
    uint64_t offset = LAYOUT_HEADER_BYTES;

    t->block_count = n->blocks;
    t->blocks = chunkrows_array(n->blocks, sizeof(*t->blocks));
    t->leaves = chunkrows_array(n->leaves, sizeof(*t->leaves));
    t->chunk_rows = section + n->base_bytes;
    if (!t->blocks || !t->leaves)
        return fault_memory(f, "tables", length);
    if (take_blocks(t, t->payload, &offset, f) < 0 || take_leaves(t, leaf_rows, &offset, f) < 0 ||
        take_base(t, section, f) < 0)
        return f->code;
    return chunkrows_take(t, f);
}

int tables_load(struct reader *from, uint64_t size, struct tables *t, struct fault *f)
{
    uint64_t length = 0;

    memset(t, 0, sizeof(*t));
    if (load_footer(from, size, &t->footer, f) < 0 ||
        measure(size, &t->footer, &length, &t->own_chunks, f) < 0 ||
        load_payload(from, &t->footer, length, &t->payload, f) < 0 || take_rows(t, length, f) < 0)
        return f->code;
    return t->base.name ? 0 : chunkrows_add_up(t, f);
}

/* ---- what is the base's ---- */

/* The runs against the base.  No more chunks than it has: so the memory for them is backed by the
 * files of the chain, whatever the runs say. */
static int check_base(const struct tables *t, const struct tables *base, struct fault *f)
{
    uint32_t room = base->footer.chunks;

    for (uint32_t i = 0; i < t->base.run_count; i++) {
        const struct baseref_run *run = &t->base.runs[i];

        if (!range_within(run->from, run->count, base->footer.chunks))
            return fault_set(f, FAULT_DAMAGED,
                             "tables: base run %" PRIu32 ": the base has %" PRIu32
                             " chunks, not %" PRIu32 " from %" PRIu32 " on",
                             i, base->footer.chunks, run->count, run->from);
        if (run->count > room)
            return fault_set(f, FAULT_DAMAGED,
                             "tables: base runs 0 to %" PRIu32
                             " have more chunks than the base, which has %" PRIu32,
                             i, base->footer.chunks);
        room -= run->count;
    }
    if (base->block_count > UINT32_MAX - 1 - t->footer.blocks)
        return fault_set(f, FAULT_UNSUPPORTED, "more than 2^32 blocks in it and its bases");
    return 0;
}

/* The base's blocks, after the own ones. */
static int add_blocks(struct tables *t, const struct tables *base, struct fault *f)
{
    uint64_t count = (uint64_t)t->block_count + base->block_count;
    struct table_block *blocks = reallocarray(t->blocks, count ? count : 1, sizeof(*blocks));

    if (!blocks)
        return fault_memory(f, "tables", count * sizeof(*blocks));
    for (uint32_t i = 0; i < base->block_count; i++) {
        struct table_block *b = &blocks[t->block_count + i];

        *b = base->blocks[i];
        b->level++;
        b->last_chunk = 0;
    }
    t->blocks = blocks;
    t->block_count = (uint32_t)count;
    return 0;
}

int tables_add_base(struct tables *t, const struct tables *base, struct fault *f)
{
    if (check_base(t, base, f) < 0 || add_blocks(t, base, f) < 0 ||
        chunkrows_spread(t, base, f) < 0)
        return f->code;
    baseref_free_runs(&t->base);
    return chunkrows_add_up(t, f);
}

uint64_t tables_memory(const struct tables *t)
{
    return chunkrows_memory(t) +
           (uint64_t)t->footer.leaves * (sizeof(*t->leaves) + LAYOUT_LEAF_ROW) +
           (uint64_t)t->block_count * (sizeof(*t->blocks) + LAYOUT_BLOCK_ROW);
}

void tables_free(struct tables *t)
{
    free(t->payload);
    free(t->blocks);
    free(t->leaves);
    free(t->chunk_offsets);
    free(t->chunk_sums);
    baseref_free(&t->base);
    memset(t, 0, sizeof(*t));
}
