/* SPDX-License-Identifier: MIT */
/* Threads that load blocks of an engram into their slots and check the chunks in them. */
#include "engram/blockworkers.h"

#include <stdlib.h>

#include "engram/blockloader.h"
#include "engram/chunkrows.h"

struct blockworkers {
    const struct base_chain *from;
    const struct tables *tables;
    uint8_t *checked;
    struct pool *pool;
    struct blockloader **loaders; /* one per thread */
    unsigned count;
    uint32_t *first_chunk; /* per block */
    uint32_t *next_chunk;  /* per chunk: the next one of its block, or itself */
};

static void find_chunks(struct blockworkers *w)
{
    for (uint32_t i = w->tables->footer.chunks; i-- > 0;) {
        uint32_t block = chunkrows_block(w->tables, i);

        w->next_chunk[i] = i == w->tables->blocks[block].last_chunk ? i : w->first_chunk[block];
        w->first_chunk[block] = i;
    }
}

static int start(struct blockworkers *w, unsigned threads, struct fault *f)
{
    w->loaders = calloc(threads, sizeof(struct blockloader *));
    if (!w->loaders)
        return fault_memory(f, "loaders of blocks", threads * sizeof(struct blockloader *));
    for (; w->count < threads; w->count++) {
        if (blockloader_open(&w->loaders[w->count], f) < 0)
            return f->code;
    }
    return pool_open(threads, &w->pool, f);
}

int blockworkers_open(const struct base_chain *from, const struct tables *t, uint8_t *checked,
                      unsigned threads, struct blockworkers **out, struct fault *f)
{
    struct blockworkers *w = calloc(1, sizeof(*w));

    if (!w)
        return fault_memory(f, "loaders of blocks", sizeof(*w));
    *w = (struct blockworkers){.from = from, .tables = t, .checked = checked};
    w->first_chunk = calloc((size_t)t->block_count + 1, sizeof(*w->first_chunk));
    w->next_chunk = calloc((size_t)t->footer.chunks + 1, sizeof(*w->next_chunk));
    if (!w->first_chunk || !w->next_chunk) {
        fault_memory(f, "the chunks of blocks", t->footer.chunks * sizeof(*w->next_chunk));
        goto fail;
    }
    find_chunks(w);
    if (start(w, threads, f) < 0)
        goto fail;
    *out = w;
    return 0;
fail:
    blockworkers_close(w);
    return f->code;
}

unsigned blockworkers_count(const struct blockworkers *w)
{
    return w->count;
}

struct pool *blockworkers_pool(struct blockworkers *w)
{
    return w->pool;
}

/* A job: load a block, and check its chunks.  The caller's thread looks into what fails. */
static void load(struct pool_job *job, unsigned worker)
{
    struct blockslot *s = (struct blockslot *)job;
    struct blockworkers *w = s->owner;
    struct blockloader *l = w->loaders[worker];
    struct fault unsaid;
    uint32_t chunk;

    if (blockloader_load_from(l, &s->stored, &w->tables->blocks[s->block], s->data, &unsaid) < 0)
        return;
    s->loaded = true;
    for (chunk = w->first_chunk[s->block];; chunk = w->next_chunk[chunk]) {
        const uint8_t *data = s->data + chunkrows_offset(w->tables, chunk);

        if (!w->checked[chunk])
            w->checked[chunk] = blockloader_is_chunk(l, w->tables, chunk, data);
        if (chunk == s->last_chunk)
            break;
    }
}

bool blockworkers_submit(struct blockworkers *w, struct blockslot *s)
{
    const struct table_block *b = &w->tables->blocks[s->block];
    struct fault unsaid;
    bool plain;

    if (reader_map(w->from->files[b->level].reader, b->offset, b->row.stored, &s->stored, &plain,
                   &unsaid) < 0 ||
        !plain)
        return false;
    s->owner = w;
    s->job.run = load;
    s->busy = true;
    pool_submit(w->pool, &s->job);
    return true;
}

void blockworkers_close(struct blockworkers *w)
{
    if (!w)
        return;
    if (w->pool) {
        pool_cancel(w->pool);
        pool_close(w->pool); /* before what its jobs use */
    }
    for (unsigned i = 0; i < w->count; i++)
        blockloader_close(w->loaders[i]);
    free(w->loaders);
    free(w->next_chunk);
    free(w->first_chunk);
    free(w);
}
