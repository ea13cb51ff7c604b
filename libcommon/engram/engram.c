/* SPDX-License-Identifier: MIT */
/* An open engram: its parts put together. */
#include "engram/engram.h"

#include <stdlib.h>
#include <string.h>

#include "engram/internal.h"

static void fill_info(struct engram *g)
{
    const struct layout_footer *footer = &g->tables.footer;

    g->info = (struct engram_info){
        .version = footer->version,
        .required = footer->required,
        .optional = footer->optional,
        .size = g->chain.files[0].size,
        .entries = footer->entries,
        .data_bytes = footer->data_bytes,
        .chunks = footer->chunks,
        .own_chunks = g->tables.own_chunks,
        .blocks = footer->blocks,
        .leaves = footer->leaves,
    };
    memcpy(g->info.tree, footer->tree, SHA256_BYTES);
}

int engram_open_based(struct source *from, const struct base_finder *finder, struct engram **out,
                      struct fault *f)
{
    struct engram *g = calloc(1, sizeof(*g));
    int rc;

    if (!g)
        return fault_memory(f, "an engram", sizeof(*g));
    rc = base_chain_open(from, finder, &g->chain, &g->tables, f);
    g->reader = g->chain.files[0].reader;
    if (rc == 0)
        rc = frame_unpacker_open(&g->unpacker, f);
    if (rc == 0)
        rc = leafcache_open(g->reader, &g->tables, g->unpacker, &g->leaves, f);
    if (rc == 0)
        rc = blockcache_open(&g->chain, &g->tables, ENGRAM_CACHE_BYTES, &g->cache, f);
    if (rc < 0) {
        engram_close(g);
        return rc;
    }
    fill_info(g);
    *out = g;
    return 0;
}

int engram_threads(struct engram *g, unsigned threads, struct fault *f)
{
    return blockcache_threads(g->cache, threads, f);
}

int engram_open(struct source *from, struct engram **out, struct fault *f)
{
    return engram_open_based(from, NULL, out, f);
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
    base_chain_close(&g->chain);
    free(g);
}

void engram_item_free(struct engram_item *item)
{
    entry_free(&item->entry);
    free(item->runs);
    memset(item, 0, sizeof(*item));
}
