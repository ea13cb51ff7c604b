/* SPDX-License-Identifier: MIT */
/* Fuzz target: engrams in memory: verified, walked (ahead, round damage), searched, compared. */
/*
 * Digests would stop nearly every changed input at the door, so they are made right first.  The
 * input's first byte says what the rest is: `F` an engram; `L` the bytes of a leaf (after one byte,
 * the number of its entries), put into an engram with three chunks, which is also the base of
 * engrams that have one.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "engram/diff.h"
#include "engram/engram.h"
#include "engram/frame.h"
#include "engram/internal.h"
#include "engram/layout.h"
#include "engram/readahead.h"
#include "engram/soundwalk.h"
#include "engram/verify.h"
#include "io/sink.h"

/* An engram may say that a small block is a file's data many times over: no more than this is read
 * of one input. */
enum { INPUT_MAX = 1 << 16, READ_MAX = 8 << 20, CHUNKS_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int drop(void *context, const void *bytes, size_t len, struct fault *f)
{
    (void)f;
    *(unsigned *)context += len ? *(const uint8_t *)bytes : 0; /* the bytes must be there */
    return 0;
}

/* All entries, without their data; how much that would be, or READ_MAX + 1 if it is more. */
static uint64_t walk(struct engram *g)
{
    struct engram_item item = {0};
    struct engram_walk *w;
    struct fault f;
    uint64_t bytes = 0;
    bool more = true;

    if (engram_walk_open(g, "/", &w, &f) < 0)
        return 0;
    while (engram_walk_next(w, &item, &more, &f) == 0 && more)
        bytes = min_u64(READ_MAX + 1, bytes + min_u64(READ_MAX, entry_data_bytes(&item.entry)));
    engram_walk_close(w);
    engram_item_free(&item);
    return bytes;
}

/* What would be loaded ahead: blocks that there are, for entries in order. */
static void look_ahead(struct engram *g)
{
    const struct blockcache_plan *plan;
    struct readahead *a;
    struct fault f;
    uint64_t entry, last = 0;
    uint32_t block;

    if (readahead_open(g->reader, &g->tables, g->unpacker, 0, "/", &a, &f) < 0)
        return;
    plan = readahead_plan(a);
    for (unsigned i = 0; i < CHUNKS_MAX && plan->next(plan->context, &block, &entry); i++) {
        if (block >= g->tables.block_count || entry < last || entry >= g->tables.footer.entries)
            abort();
        last = entry;
    }
    readahead_close(a);
}

static void read_one(struct engram *g, const char *path)
{
    const struct sink_callbacks callbacks = {.data = drop};
    struct engram_item item = {0};
    struct sink *to = NULL;
    unsigned sum = 0;
    struct fault f;
    bool found;
    uint64_t cost, allowed;

    if (engram_find(g, path, &item, &found, &f) == 0 && found && item.entry.size <= READ_MAX &&
        sink_to_callback(&callbacks, &sum, &to, &f) == 0) {
        allowed = LAYOUT_READ_FACTOR * (entry_data_bytes(&item.entry) + LAYOUT_CHUNK_MAX);
        cost = blockcache_decoded(g->cache);
        if (engram_read_file(g, &item, to, &f) < 0)
            allowed += LAYOUT_BLOCK_MAX; /* the block at fault was looked at as a whole */
        if (blockcache_decoded(g->cache) - cost > allowed)
            abort(); /* more work than engram(5) lets a file make */
    }
    sink_close(to);
    engram_item_free(&item);
}

/* What is left where damage is left out has data without damage. */
static void read_sound(struct engram *g, struct sound_walk *w)
{
    const struct sink_callbacks callbacks = {.data = drop};
    struct engram_item item = {0};
    struct sink *to = NULL;
    unsigned sum = 0;
    struct fault f;
    bool more = true;

    if (sink_to_callback(&callbacks, &sum, &to, &f) < 0)
        return;
    while (sound_walk_next(w, &item, &more, &f) == 0 && more)
        if (engram_read_data(g, &item, to, &f) == FAULT_DAMAGED)
            abort();
    sink_close(to);
    engram_item_free(&item);
}

static void walk_sound(struct engram *g)
{
    const struct selection_wanted everything = {0};
    struct selection *s = NULL;
    struct select_walk *from = NULL;
    struct sound_walk *w = NULL;
    struct fault f;

    if (selection_open(g, &everything, &s, &f) == 0 && select_walk_open(g, s, &from, &f) == 0 &&
        sound_walk_open(g, from, true, NULL, &w, &f) == 0)
        read_sound(g, w);
    sound_walk_close(w);
    select_walk_close(from);
    selection_close(s);
}

static int must_not_be_told(void *context, const struct engram_difference *d, struct fault *f)
{
    (void)context, (void)d, (void)f;
    abort();
}

/* An engram does not differ from itself. */
static void compare(struct engram *g)
{
    struct engram_diff diff = {{g, "a"}, {g, "b"}, "/", NULL, 0, must_not_be_told, NULL};
    struct fault f;
    uint64_t names;

    engram_diff(&diff, &names, &f);
}

/* ---- an engram whose digests are made right ---- */

/* The base of engrams that have one: three chunks, and a leaf that nobody looks at. */
struct base {
    uint8_t *bytes;
    size_t size;
};

/* The digests in the tables' rows of blocks and leaves, which start alike. */
static void sign_rows(uint8_t *bytes, const struct layout_footer *footer)
{
    uint8_t *row = bytes + footer->tables_offset + LAYOUT_FRAME_BYTES;
    uint64_t offset = LAYOUT_HEADER_BYTES;

    for (uint64_t i = 0; i < (uint64_t)footer->blocks + footer->leaves; i++) {
        uint32_t stored = le32_at(row);

        if (stored > footer->tables_offset - offset)
            return;
        sha256_of(bytes + offset, stored, row + LAYOUT_BLOCK_ROW - SHA256_BYTES);
        offset += stored;
        row += LAYOUT_BLOCK_ROW;
    }
}

/* If the tables have a base section, it means this base. */
static void sign_base(uint8_t *tables, const struct layout_footer *footer, const struct base *base)
{
    uint8_t *section = tables + (size_t)footer->blocks * LAYOUT_BLOCK_ROW +
                       (size_t)footer->leaves * LAYOUT_LEAF_ROW;

    if (!base || footer->base_bytes < LAYOUT_BASE_HEAD)
        return;
    memcpy(section, base->bytes + base->size - SHA256_BYTES, SHA256_BYTES);
    put_le64(section + SHA256_BYTES, base->size);
}

static void sign(uint8_t *bytes, size_t size, const struct base *base)
{
    uint8_t *end;
    struct layout_footer footer;
    struct fault f;
    uint64_t length;

    if (size < LAYOUT_HEADER_BYTES + LAYOUT_FRAME_BYTES + LAYOUT_FOOTER_BYTES)
        return;
    end = bytes + size - LAYOUT_FOOTER_BYTES;
    sha256_of(end, LAYOUT_FOOTER_BYTES - SHA256_BYTES, end + LAYOUT_FOOTER_BYTES - SHA256_BYTES);
    if (layout_get_footer(end, &footer, &f) < 0)
        return;
    length = size - LAYOUT_FOOTER_BYTES - LAYOUT_FRAME_BYTES - footer.tables_offset;
    if (footer.tables_offset < LAYOUT_HEADER_BYTES ||
        !range_within(footer.tables_offset, LAYOUT_FRAME_BYTES, size) ||
        !range_within(footer.tables_offset + LAYOUT_FRAME_BYTES, length, size) ||
        layout_tables_bytes(&footer, 0) > length)
        return;
    sign_rows(bytes, &footer);
    sign_base(bytes + footer.tables_offset + LAYOUT_FRAME_BYTES, &footer, base);
    sha256_of(bytes + footer.tables_offset + LAYOUT_FRAME_BYTES, length, footer.tables);
    layout_put_footer(end, &footer);
    layout_put_header(bytes, &footer);
}

/* ---- an engram around the bytes of a leaf ---- */

enum { CHUNKS = 3, CHUNK_BYTES = 5 };

static void put_tables(uint8_t *at, const struct layout_block *block,
                       const struct layout_leaf *leaf, const uint8_t *data)
{
    layout_put_block(at, block);
    layout_put_leaf(at + LAYOUT_BLOCK_ROW, leaf);
    at += LAYOUT_BLOCK_ROW + LAYOUT_LEAF_ROW;
    for (size_t i = 0; i < CHUNKS; i++) {
        struct layout_chunk chunk = {.length = CHUNK_BYTES};

        sha256_of(data + i * CHUNK_BYTES, CHUNK_BYTES, chunk.sha256);
        layout_put_chunk(at + i * LAYOUT_CHUNK_ROW, &chunk);
    }
}

/* The engram, in memory that the caller frees. */
static uint8_t *wrap(struct frame_packer *p, const uint8_t *bytes, size_t size, uint32_t entries,
                     size_t *total)
{
    static const uint8_t data[CHUNKS * CHUNK_BYTES] = "aaaaabbbbbccccc";
    enum { TABLES = LAYOUT_BLOCK_ROW + LAYOUT_LEAF_ROW + CHUNKS * LAYOUT_CHUNK_ROW };
    size_t room = LAYOUT_HEADER_BYTES + frame_bound(sizeof(data)) + frame_bound(size) +
                  2 * LAYOUT_FRAME_BYTES + TABLES + LAYOUT_FOOTER_BYTES;
    struct layout_block block = {.unpacked = sizeof(data)};
    struct layout_leaf leaf = {.unpacked = (uint32_t)size, .entries = entries};
    struct layout_footer footer = {.version = LAYOUT_VERSION, .entries = entries, .chunks = CHUNKS};
    uint8_t *out = calloc(1, room), *at = out + LAYOUT_HEADER_BYTES;
    struct fault f;
    size_t n;

    footer.blocks = footer.leaves = 1;
    if (!out || frame_pack(p, &(struct frame_settings){1, 1 << 20, false}, data, sizeof(data), at,
                           &n, &f) < 0)
        return out;
    block.stored = (uint32_t)n;
    at += n;
    if (frame_pack(p, &(struct frame_settings){1, 1 << 20, false}, bytes, size,
                   at + LAYOUT_FRAME_BYTES, &n, &f) < 0)
        return out;
    layout_put_frame(at, LAYOUT_LEAF, (uint32_t)n);
    leaf.stored = (uint32_t)(n + LAYOUT_FRAME_BYTES);
    at += leaf.stored;
    footer.tables_offset = (uint64_t)(at - out);
    layout_put_frame(at, LAYOUT_TABLES, TABLES);
    put_tables(at + LAYOUT_FRAME_BYTES, &block, &leaf, data);
    at += LAYOUT_FRAME_BYTES + TABLES;
    layout_put_footer(at, &footer);
    *total = (size_t)(at - out) + LAYOUT_FOOTER_BYTES;
    sign(out, *total, NULL);
    return out;
}

/* ---- reading ---- */

static struct base make_base(void)
{
    struct frame_packer *p;
    struct base b = {NULL, 0};
    struct fault f;

    if (frame_packer_open(&p, &f) < 0)
        return b;
    b.bytes = wrap(p, (const uint8_t *)"leaf", 4, 1, &b.size);
    frame_packer_close(p);
    return b;
}

static int find_base(void *context, const struct baseref *wanted, struct source **out,
                     struct fault *f)
{
    const struct base *b = context;

    (void)wanted;
    return source_from_memory(b->bytes, b->size, "base", out, f);
}

static void read_engram(const uint8_t *bytes, size_t size, struct base *base)
{
    const struct base_finder finder = {find_base, base};
    struct engram *g = NULL;
    struct source *s;
    struct fault f;

    if (source_from_memory(bytes, size, "fuzz", &s, &f) < 0)
        return;
    if (engram_open_based(s, &finder, &g, &f) == 0) {
        look_ahead(g);
        if (walk(g) <= READ_MAX) {
            read_one(g, "/bin/a"); /* before the blocks are decoded as wholes */
            read_one(g, "/etc/sparse");
            engram_verify(g, NULL, NULL, &f);
            walk_sound(g);
            read_one(g, "/bin/a");
        }
        compare(g);
        read_one(g, "/zzz");
    }
    engram_close(g);
    source_close(s);
}

static void read_leaf(const uint8_t *data, size_t size, struct base *base)
{
    struct frame_packer *p;
    struct fault f;
    size_t total = 0;

    if (size < 2 || frame_packer_open(&p, &f) < 0)
        return;
    uint8_t *engram = wrap(p, data + 1, size - 1, data[0], &total);
    read_engram(engram, total, base);
    free(engram);
    frame_packer_close(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct base base;

    if (!base.bytes)
        base = make_base();
    if (size < 1 || size > INPUT_MAX || !base.bytes)
        return 0;
    if (data[0] == 'L') {
        read_leaf(data + 1, size - 1, &base);
    } else if (data[0] == 'F') {
        uint8_t *copy = malloc(size - 1); /* exact, so that a read past the end is seen */

        if (!copy)
            return 0;
        memcpy(copy, data + 1, size - 1);
        sign(copy, size - 1, &base);
        read_engram(copy, size - 1, &base);
        free(copy);
    }
    return 0;
}
