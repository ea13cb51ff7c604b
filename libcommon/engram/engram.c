/* SPDX-License-Identifier: MIT */
/* An open engram: its parts put together, and the data of its files. */
#include "engram/engram.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "engram/internal.h"

/* For the small reads of header, footer and tables; blocks and leaves pass through it once. */
enum { READER_CACHE_BYTES = 1 << 18 };

static void fill_info(struct engram *g, uint64_t size)
{
    const struct layout_footer *footer = &g->tables.footer;

    g->info = (struct engram_info){
        .version = footer->version,
        .required = footer->required,
        .optional = footer->optional,
        .size = size,
        .entries = footer->entries,
        .data_bytes = footer->data_bytes,
        .chunks = footer->chunks,
        .blocks = footer->blocks,
        .leaves = footer->leaves,
    };
    memcpy(g->info.tree, footer->tree, SHA256_BYTES);
}

int engram_open(struct source *from, struct engram **out, struct fault *f)
{
    struct engram *g = calloc(1, sizeof(*g));
    uint64_t size = 0;
    int rc;

    if (!g)
        return fault_memory(f, "an engram", sizeof(*g));
    rc = source_size(from, &size, f);
    if (rc == 0)
        rc = reader_open(from, READER_CACHE_BYTES, &g->reader, f);
    if (rc == 0)
        rc = tables_load(g->reader, size, &g->tables, f);
    if (rc == 0)
        rc = frame_unpacker_open(&g->unpacker, f);
    if (rc == 0)
        rc = leafcache_open(g->reader, &g->tables, g->unpacker, &g->leaves, f);
    if (rc == 0)
        rc = blockcache_open(g->reader, &g->tables, ENGRAM_CACHE_BYTES, &g->cache, f);
    if (rc < 0) {
        engram_close(g);
        return rc;
    }
    fill_info(g, size);
    *out = g;
    return 0;
}

const struct engram_info *engram_info(const struct engram *g)
{
    return &g->info;
}

void engram_close(struct engram *g)
{
    if (!g)
        return;
    blockcache_close(g->cache);
    frame_unpacker_close(g->unpacker);
    leafcache_close(g->leaves);
    tables_free(&g->tables);
    reader_close(g->reader);
    free(g);
}

void engram_item_free(struct engram_item *item)
{
    entry_free(&item->entry);
    free(item->runs);
    memset(item, 0, sizeof(*item));
}

/* Where the bytes of a file go, and how far they have come. */
struct delivery {
    struct sink *to;
    const struct entry *entry;
    bool holes;           /* are holes given too? */
    size_t extent;        /* index of the run of data that is being filled */
    uint64_t extent_done; /* bytes of it */
    uint64_t position;    /* in the file, holes given */
};

/* Give the hole from the position to `end`, if holes are wanted. */
static int give_hole(struct delivery *d, uint64_t end, struct fault *f)
{
    uint64_t length = end - d->position;

    d->position = end;
    return d->holes && length ? sink_hole(d->to, length, f) : 0;
}

/* Give data bytes, spread over the file's runs; there are as many as these add up to. */
static int give_data(struct delivery *d, const uint8_t *bytes, size_t length, struct fault *f)
{
    while (length) {
        const struct entry_extent *e = &d->entry->extents[d->extent];
        size_t n = min_u64(length, e->length - d->extent_done);

        if (d->extent_done == 0 && give_hole(d, e->offset, f) < 0)
            return f->code;
        if (sink_data(d->to, bytes, n, f) < 0)
            return f->code;
        bytes += n;
        length -= n;
        d->position += n;
        d->extent_done += n;
        if (d->extent_done == e->length) {
            d->extent++;
            d->extent_done = 0;
        }
    }
    return 0;
}

/* All chunks in order, each checked; `whole` takes the digest of the file, unless its only chunk is
 * the file. */
static int give_chunks(struct engram *g, const struct engram_item *item, struct delivery *d,
                       struct sha256 *whole, struct fault *f)
{
    for (size_t r = 0; r < item->run_count; r++) {
        for (uint32_t i = 0; i < item->runs[r].count; i++) {
            uint32_t chunk = item->runs[r].first + i;
            uint32_t length = g->tables.chunks[chunk].row.length;
            const uint8_t *bytes;

            if (blockcache_chunk(g->cache, chunk, &bytes, f) < 0)
                return f->code;
            if (whole)
                sha256_update(whole, bytes, length);
            if (give_data(d, bytes, length, f) < 0)
                return f->code;
        }
    }
    return 0;
}

static int check_whole(const struct engram_item *item, struct sha256 *whole, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];

    sha256_finish(whole, digest);
    if (memcmp(digest, item->sha256, SHA256_BYTES) != 0)
        return fault_set(f, FAULT_DAMAGED, "the SHA-256 of its data is wrong");
    return 0;
}

static int deliver(struct engram *g, const struct engram_item *item, struct delivery *d,
                   struct fault *f)
{
    bool many = item->run_count > 1 || (item->run_count == 1 && item->runs[0].count > 1);
    struct sha256 *whole = NULL;
    int rc = 0;

    if (many)
        rc = sha256_open(&whole, f);
    if (rc == 0)
        rc = give_chunks(g, item, d, whole, f);
    if (rc == 0)
        rc = give_hole(d, item->entry.size, f);
    if (rc == 0 && many)
        rc = check_whole(item, whole, f);
    sha256_close(whole);
    return rc;
}

int engram_read_data(struct engram *g, const struct engram_item *item, struct sink *to,
                     struct fault *f)
{
    struct delivery d = {.to = to, .entry = &item->entry};

    return deliver(g, item, &d, f);
}

int engram_read_file(struct engram *g, const struct engram_item *item, struct sink *to,
                     struct fault *f)
{
    struct delivery d = {.to = to, .entry = &item->entry, .holes = true};

    return deliver(g, item, &d, f);
}
