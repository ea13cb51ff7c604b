/* SPDX-License-Identifier: MIT */
/* Writes the tables of an engram. */
#include "engram/tablewriter.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/digest.h"

/* Where rows go: all are hashed. */
struct rows {
    struct sink *to;
    struct sha256 *sha;
};

static int put(const struct rows *r, const uint8_t *row, size_t length, struct fault *f)
{
    sha256_update(r->sha, row, length);
    return sink_data(r->to, row, length, f);
}

static int put_chunks(const struct tablewriter *t, const struct rows *r, struct fault *f)
{
    uint8_t row[LAYOUT_CHUNK_ROW];

    for (uint32_t i = 0; i < t->set->count; i++) {
        struct layout_chunk c = t->set->chunks[i];

        if (baseset_has(&c))
            continue;
        c.block = gather_block_of(t->gather, c.block);
        layout_put_chunk(row, &c);
        if (put(r, row, sizeof(row), f) < 0)
            return f->code;
    }
    return 0;
}

static int put_rows(const struct tablewriter *t, const struct rows *r, const uint8_t *section,
                    const struct layout_footer *footer, struct fault *f)
{
    uint8_t block[LAYOUT_BLOCK_ROW], leaf[LAYOUT_LEAF_ROW];

    for (uint32_t i = 0; i < footer->blocks; i++) {
        layout_put_block(block, &t->blocks[i]);
        if (put(r, block, sizeof(block), f) < 0)
            return f->code;
    }
    for (uint32_t i = 0; i < footer->leaves; i++) {
        layout_put_leaf(leaf, &t->leaves[i]);
        if (put(r, leaf, sizeof(leaf), f) < 0)
            return f->code;
    }
    if (section && put(r, section, footer->base_bytes, f) < 0)
        return f->code;
    return put_chunks(t, r, f);
}

static int put_frame(struct sink *to, const struct layout_footer *footer, uint32_t own_chunks,
                     struct fault *f)
{
    uint64_t length = layout_tables_bytes(footer, own_chunks);
    uint8_t frame[LAYOUT_FRAME_BYTES];

    if (length > UINT32_MAX)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "the tables would have %" PRIu64 " bytes, more than a frame can hold",
                         length);
    layout_put_frame(frame, LAYOUT_TABLES, (uint32_t)length);
    return sink_data(to, frame, sizeof(frame), f);
}

int tablewriter_write(const struct tablewriter *t, struct sink *to, struct layout_footer *footer,
                      uint32_t *own_chunks, struct fault *f)
{
    struct rows rows = {.to = to};
    uint8_t *section = NULL;
    int rc = sha256_open(&rows.sha, f);

    footer->chunks = *own_chunks = t->set->count;
    if (rc == 0 && t->base)
        rc = baseset_section(t->base, t->set, &section, &footer->base_bytes, own_chunks, f);
    if (rc == 0)
        rc = put_frame(to, footer, *own_chunks, f);
    if (rc == 0)
        rc = put_rows(t, &rows, section, footer, f);
    if (rc == 0)
        sha256_finish(rows.sha, footer->tables);
    sha256_close(rows.sha);
    free(section);
    return rc;
}
