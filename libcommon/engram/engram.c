/* SPDX-License-Identifier: MIT */
/* An open engram: its parts put together. */
#include "engram/engram.h"

#include <stdlib.h>
#include <string.h>

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

int engram_threads(struct engram *g, unsigned threads, struct fault *f)
{
    return blockcache_threads(g->cache, threads, f);
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
