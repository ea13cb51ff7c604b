/* SPDX-License-Identifier: MIT */
/* Decoded blocks of an engram, the last few of them kept, and loaded ahead by several threads. */
#include "engram/blockcache.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engram/blockloader.h"
#include "engram/blockpart.h"
#include "engram/blockslots.h"
#include "engram/blockworkers.h"
#include "engram/chunkrows.h"

/* How far ahead the plan is read: so many changes of block; and in one call, so many chunks. */
enum { NEEDS = 4096, STEPS = 4096 };

/* A block that is going to be asked for, and the last entry that is known to want it. */
struct need {
    uint32_t block;
    uint64_t entry;
};

struct blockcache {
    const struct base_chain *from;
    const struct tables *tables;
    struct blockloader *loader; /* of the caller's thread */
    uint16_t *slot_of;          /* per block: the number of its slot, if it has one */
    uint8_t *checked; /* per chunk: 1 if its SHA-256 was right; a block that is loaded again is what
                         it was, by its own */
    uint64_t decoded; /* bytes */
    struct blockpart *part; /* opened when it is first needed */
    unsigned all_expected;  /* so many times */
    struct blockslots slots;

    /* Loading ahead; all zero with one thread. */
    struct blockworkers *workers;
    uint64_t ahead; /* bytes of `decoded` */
    const struct blockcache_plan *plan;
    struct need *needs; /* a ring: each holds its slot.  The first is being used */
    unsigned first, count;
    struct need pending; /* the plan's next, for which there was no room yet */
    bool have_pending;
    uint64_t reached; /* the entry */
};

int blockcache_open(const struct base_chain *from, const struct tables *t, size_t max_bytes,
                    struct blockcache **out, struct fault *f)
{
    struct blockcache *c = calloc(1, sizeof(*c));

    if (c) {
        c->slot_of = calloc((size_t)t->block_count + 1, sizeof(*c->slot_of));
        c->checked = calloc((size_t)t->footer.chunks + 1, 1);
    }
    if (!c || !c->slot_of || !c->checked) {
        fault_memory(f, "a cache of blocks", t->block_count * sizeof(*c->slot_of));
        goto fail;
    }
    if (blockloader_open(&c->loader, f) < 0)
        goto fail;
    c->from = from;
    c->tables = t;
    c->slots.max_bytes = max_bytes;
    *out = c;
    return 0;
fail:
    blockcache_close(c);
    return f->code;
}

/* The slot that a block has, or NULL. */
static struct blockslot *find(struct blockcache *c, uint32_t block)
{
    struct blockslot *s = &c->slots.slot[c->slot_of[block]];

    return s->data && s->block == block ? s : NULL;
}

/* Give a block a slot with this effort; *out NULL if that makes none. */
static int place(struct blockcache *c, uint32_t block, enum blockslots_effort effort,
                 struct blockslot **out, struct fault *f)
{
    size_t bytes = c->tables->blocks[block].row.unpacked;

    if (blockslots_take(&c->slots, bytes, effort, out, f) < 0)
        return f->code;
    if (*out) {
        (*out)->block = block;
        (*out)->last_chunk = c->tables->blocks[block].last_chunk;
        c->slot_of[block] = (uint16_t)(*out - c->slots.slot);
    }
    return 0;
}

/* ---- the plan ---- */

/* Past the first of the needs. */
static void drop_need(struct blockcache *c)
{
    struct blockslot *s = find(c, c->needs[c->first].block);

    blockslots_release(&c->slots, s);
    c->first = (c->first + 1) % NEEDS;
    c->count--;
}

static void drop_needs(struct blockcache *c)
{
    while (c->count)
        drop_need(c);
}

static void submit(struct blockcache *c, struct blockslot *s)
{
    uint32_t bytes = c->tables->blocks[s->block].row.unpacked;

    if (blockworkers_submit(c->workers, s)) {
        c->decoded += bytes;
        c->ahead += bytes;
    }
}

/* Note a need and see to it that the block is loaded; false if there is no room for it now. */
static bool take_need(struct blockcache *c, const struct need *n)
{
    struct need *last = &c->needs[(c->first + c->count - 1) % NEEDS];
    struct blockslots *slots = &c->slots;
    struct blockslot *s = find(c, n->block);
    struct fault unsaid;

    if (c->count && last->block == n->block) {
        last->entry = n->entry;
        return true;
    }
    if (c->count == NEEDS)
        return false;
    if (!s || s->holds == 0) {
        size_t bytes = s ? s->room : c->tables->blocks[n->block].row.unpacked;

        if (slots->held_bytes + bytes > slots->max_bytes / 4 * 3 ||
            slots->held >= BLOCKSLOTS / 4 * 3)
            return false;
    }
    if (!s) {
        /* What will be wanted again goes only so that the workers have something to do. */
        if (place(c, n->block,
                  slots->fresh < blockworkers_count(c->workers) ? BLOCKSLOTS_UNHELD
                                                                : BLOCKSLOTS_PAST,
                  &s, &unsaid) < 0 ||
            !s)
            return false;
        s->fresh = true;
        slots->fresh++;
        submit(c, s);
    }
    blockslots_hold(slots, s);
    c->needs[(c->first + c->count++) % NEEDS] = *n;
    return true;
}

/* Read on in the plan, as far as there is room.  What there is no room for even though nothing else
 * is wanted is left to when it is asked for. */
static void look_ahead(struct blockcache *c)
{
    for (unsigned i = 0; i < STEPS; i++) {
        struct need *n = &c->pending;

        if (!c->have_pending && !c->plan->next(c->plan->context, &n->block, &n->entry))
            return;
        c->have_pending = n->entry >= c->reached && !take_need(c, n) && c->count;
        if (c->have_pending)
            return;
    }
}

/* A block is asked for, which has this slot or none: what the plan has before it is over. */
static void follow(struct blockcache *c, uint32_t block, struct blockslot *s)
{
    if (s && s->holds) {
        /* Of what is to come nothing is over: this may be asked for once more than planned. */
        while (c->needs[c->first].block != block && c->needs[c->first].entry <= c->reached)
            drop_need(c);
    } else if (c->have_pending && c->pending.block == block) {
        drop_needs(c);
    }
    if (s)
        blockslots_hold(&c->slots, s);
    look_ahead(c);
    if (s)
        blockslots_release(&c->slots, s);
}

bool blockcache_follow(struct blockcache *c, const struct blockcache_plan *plan)
{
    if (!c->slots.pool || (plan && c->plan))
        return false;
    drop_needs(c);
    c->plan = plan;
    c->have_pending = false;
    c->reached = 0;
    return true;
}

void blockcache_reach(struct blockcache *c, uint64_t entry)
{
    c->reached = entry;
    while (c->count && c->needs[c->first].entry < entry)
        drop_need(c);
    if (c->pending.entry < entry)
        c->have_pending = false;
}

int blockcache_threads(struct blockcache *c, unsigned threads, struct fault *f)
{
    if (threads < 2)
        return 0;
    c->needs = calloc(NEEDS, sizeof(*c->needs));
    if (!c->needs)
        return fault_memory(f, "needs of blocks", NEEDS * sizeof(*c->needs));
    if (blockworkers_open(c->from, c->tables, c->checked, threads, &c->workers, f) < 0)
        return f->code;
    c->slots.pool = blockworkers_pool(c->workers);
    return 0;
}

/* ---- what is asked for ---- */

/* A slot for a block that is wanted now, whatever was loaded ahead. */
static int place_now(struct blockcache *c, uint32_t block, struct blockslot **out, struct fault *f)
{
    if (place(c, block, BLOCKSLOTS_BUSY, out, f) < 0)
        return f->code;
    if (*out)
        return 0;
    drop_needs(c);
    return place(c, block, BLOCKSLOTS_BUSY, out, f);
}

static int load(struct blockcache *c, struct blockslot *s, struct fault *f)
{
    const struct table_block *b = &c->tables->blocks[s->block];
    const struct base_file *file = &c->from->files[b->level];

    s->part = s->have = 0;
    c->decoded += b->row.unpacked;
    if (blockloader_load(c->loader, file->reader, b, s->data, f) < 0) {
        fault_prefix(f, "block %" PRIu32 " at offset %" PRIu64 " (%" PRIu32 " bytes)",
                     s->block - file->first_block, b->offset, b->row.stored);
        return base_chain_about(c->from, b->level, f);
    }
    s->loaded = true;
    return 0;
}

int blockcache_get(struct blockcache *c, uint32_t block, const uint8_t **data, struct fault *f)
{
    struct blockslot *s = find(c, block);

    if (c->plan) {
        follow(c, block, s);
        s = find(c, block);
    }
    if (!s && place_now(c, block, &s, f) < 0)
        return f->code;
    blockslots_settle(&c->slots, s);
    if (!s->loaded && load(c, s, f) < 0)
        return f->code;
    blockslots_use(&c->slots, s);
    *data = s->data;
    return 0;
}

static int wrong_chunk(const struct blockcache *c, uint32_t chunk, struct fault *f)
{
    uint32_t block = chunkrows_block(c->tables, chunk);
    unsigned level = c->tables->blocks[block].level;

    fault_set(f, FAULT_DAMAGED,
              "chunk %" PRIu32 " (%" PRIu32 " bytes in block %" PRIu32 "): its SHA-256 is wrong",
              chunk, chunkrows_length(c->tables, chunk), block - c->from->files[level].first_block);
    return base_chain_about(c->from, level, f);
}

/* The same, of the block as a whole. */
static int chunk_of_whole(struct blockcache *c, uint32_t chunk, const uint8_t **data,
                          struct fault *f)
{
    if (blockcache_get(c, chunkrows_block(c->tables, chunk), data, f) < 0)
        return f->code;
    *data += chunkrows_offset(c->tables, chunk);
    if (!c->checked[chunk])
        c->checked[chunk] = blockloader_is_chunk(c->loader, c->tables, chunk, *data);
    return c->checked[chunk] ? 0 : wrong_chunk(c, chunk, f);
}

/* Is the chunk, and is it right, in a slot that has the start of its block, or that can?  As the
 * stored bytes are not checked, they may be others next time: each time is the first. */
static bool is_in_part(struct blockcache *c, struct blockslot *s, uint32_t chunk)
{
    const struct table_block *b = &c->tables->blocks[s->block];
    uint32_t offset = chunkrows_offset(c->tables, chunk);
    size_t had = s->have;
    bool has = blockpart_reach(c->part, s, c->from->files[b->level].reader, b,
                               offset + chunkrows_length(c->tables, chunk));

    c->decoded += s->have - had;
    return has && blockloader_is_chunk(c->loader, c->tables, chunk, s->data + offset);
}

static int chunk_of_part(struct blockcache *c, uint32_t chunk, const uint8_t **data,
                         struct fault *f)
{
    uint32_t block = chunkrows_block(c->tables, chunk);
    struct blockslot *s = find(c, block);

    if (!c->part && blockpart_open(&c->part, f) < 0)
        return f->code;
    if (!s && place_now(c, block, &s, f) < 0)
        return f->code;
    blockslots_settle(&c->slots, s);
    if (s->loaded || !is_in_part(c, s, chunk))
        return chunk_of_whole(c, chunk, data, f);
    blockslots_use(&c->slots, s);
    *data = s->data + chunkrows_offset(c->tables, chunk);
    return 0;
}

int blockcache_chunk(struct blockcache *c, uint32_t chunk, const uint8_t **data, struct fault *f)
{
    int rc = c->plan || c->all_expected ? chunk_of_whole(c, chunk, data, f)
                                        : chunk_of_part(c, chunk, data, f);

    if (rc == 0 && chunk >= c->slots.next_chunk)
        c->slots.next_chunk = chunk + 1;
    return rc;
}

void blockcache_expect_all(struct blockcache *c, bool yes)
{
    if (yes)
        c->all_expected++;
    else
        c->all_expected--;
}

uint64_t blockcache_decoded(const struct blockcache *c)
{
    return c->decoded;
}

uint64_t blockcache_ahead(const struct blockcache *c)
{
    return c->ahead;
}

void blockcache_close(struct blockcache *c)
{
    if (!c)
        return;
    blockworkers_close(c->workers); /* before what its jobs use */
    blockloader_close(c->loader);
    blockpart_close(c->part);
    blockslots_free(&c->slots);
    free(c->needs);
    free(c->checked);
    free(c->slot_of);
    free(c);
}
