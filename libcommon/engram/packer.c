/* SPDX-License-Identifier: MIT */
/* Gathers chunks into blocks, one open block per profile, and writes the full ones compressed. */
#include "engram/packer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/pool.h"
#include "engram/frame.h"

/* A block that is being filled. */
struct open_block {
    uint8_t *data; /* the profile's block_bytes, allocated when first used */
    uint32_t length;
    uint32_t number; /* in the order of opening */
};

/* A block that is being compressed.  A ring of them keeps the order. */
struct packing {
    struct pool_job job; /* first: a job is a packing */
    struct packer *packer;
    struct open_block from; /* its memory goes back when the block has been written */
    uint8_t *packed;
    size_t packed_room;
    struct layout_block row;
    int rc;
    struct fault fault;
};

struct packer {
    struct sink *to;
    const struct rules *rules;
    struct pool *pool;
    struct frame_packer **frames; /* one per worker */
    struct open_block open[PROFILE_COUNT];
    struct packing *ring;
    unsigned ring_size;
    unsigned first, busy;        /* the ring's oldest element in use, and how many are */
    struct layout_block *blocks; /* as written */
    uint32_t *written_as;        /* by number of opening */
    uint32_t opened, closed, written, room;
    uint64_t bytes;
};

static void pack(struct pool_job *job, unsigned worker)
{
    struct packing *k = (struct packing *)job;
    const struct profile_settings *s = rules_settings(k->packer->rules, k->row.profile);
    const struct frame_settings how = {s->level, s->window_bytes, s->long_matches};
    size_t length;

    k->rc = frame_pack(k->packer->frames[worker], &how, k->from.data, k->from.length, k->packed,
                       &length, &k->fault);
    if (k->rc < 0)
        return;
    k->row.stored = (uint32_t)length;
    k->row.unpacked = k->from.length;
    sha256_of(k->packed, length, k->row.sha256);
}

static int open_workers(struct packer *p, unsigned threads, struct fault *f)
{
    if (pool_open(threads, &p->pool, f) < 0)
        return f->code;
    threads = pool_workers(p->pool);
    /* One more than workers, so that none waits while the oldest is written. */
    p->ring_size = threads == 1 ? 1 : threads + 1;
    p->ring = calloc(p->ring_size, sizeof(*p->ring));
    p->frames = calloc(threads, sizeof(*p->frames));
    if (!p->ring || !p->frames)
        return fault_memory(f, "the blocks in work", p->ring_size * sizeof(*p->ring));
    for (unsigned i = 0; i < threads; i++) {
        if (frame_packer_open(&p->frames[i], f) < 0)
            return f->code;
    }
    return 0;
}

int packer_open(struct sink *to, const struct rules *rules, unsigned threads, struct packer **out,
                struct fault *f)
{
    struct packer *p = calloc(1, sizeof(*p));

    if (!p)
        return fault_memory(f, "a packer", sizeof(*p));
    p->to = to;
    p->rules = rules;
    if (open_workers(p, threads, f) < 0) {
        packer_close(p);
        return f->code;
    }
    *out = p;
    return 0;
}

/* Wait for the oldest block in work, write it, and give its memory back. */
static int write_oldest(struct packer *p, struct fault *f)
{
    struct packing *k = &p->ring[p->first];

    pool_wait(p->pool, &k->job);
    p->first = (p->first + 1) % p->ring_size;
    p->busy--;
    if (k->rc < 0) {
        *f = k->fault;
        return k->rc;
    }
    if (sink_data(p->to, k->packed, k->row.stored, f) < 0)
        return f->code;
    free(k->from.data);
    k->from.data = NULL;
    p->bytes += k->row.stored;
    p->blocks[p->written++] = k->row;
    return 0;
}

/* Memory for what this block packs to; a ring element serves blocks of several sizes. */
static int make_packed_room(struct packing *k, size_t length, struct fault *f)
{
    size_t wanted = frame_bound(length);

    if (wanted <= k->packed_room)
        return 0;
    free(k->packed);
    k->packed = malloc(wanted);
    k->packed_room = k->packed ? wanted : 0;
    return k->packed ? 0 : fault_memory(f, "a packed block", wanted);
}

/* Hand a profile's open block over to the workers. */
static int close_block(struct packer *p, enum profile profile, struct fault *f)
{
    struct open_block *b = &p->open[profile];
    struct packing *k;

    if (p->busy == p->ring_size && write_oldest(p, f) < 0)
        return f->code;
    k = &p->ring[(p->first + p->busy) % p->ring_size];
    if (make_packed_room(k, b->length, f) < 0)
        return f->code;
    k->from = *b;
    *b = (struct open_block){0};
    k->packer = p;
    k->row = (struct layout_block){.profile = profile};
    k->job.run = pack;
    p->written_as[k->from.number] = p->closed++;
    p->busy++;
    pool_submit(p->pool, &k->job);
    return 0;
}

/* Room for one more block in the lists. */
static int make_list_room(struct packer *p, struct fault *f)
{
    uint32_t room = p->room ? 2 * p->room : 64;
    struct layout_block *blocks;
    uint32_t *written_as;

    if (p->opened < p->room)
        return 0;
    blocks = realloc(p->blocks, room * sizeof(*blocks));
    if (blocks)
        p->blocks = blocks;
    written_as = realloc(p->written_as, room * sizeof(*written_as));
    if (written_as)
        p->written_as = written_as;
    if (!blocks || !written_as)
        return fault_memory(f, "the list of blocks", room * sizeof(*blocks));
    p->room = room;
    return 0;
}

static int open_block(struct packer *p, struct open_block *b, size_t bytes, struct fault *f)
{
    if (make_list_room(p, f) < 0)
        return f->code;
    b->data = malloc(bytes);
    if (!b->data)
        return fault_memory(f, "a block", bytes);
    b->length = 0;
    b->number = p->opened++;
    return 0;
}

int packer_add(struct packer *p, enum profile profile, const uint8_t *chunk, size_t length,
               uint32_t *block, struct fault *f)
{
    struct open_block *b = &p->open[profile];
    size_t bytes = rules_settings(p->rules, profile)->block_bytes;

    if (b->data && length > bytes - b->length && close_block(p, profile, f) < 0)
        return f->code;
    if (!b->data && open_block(p, b, bytes, f) < 0)
        return f->code;
    memcpy(b->data + b->length, chunk, length);
    b->length += (uint32_t)length;
    *block = b->number;
    return 0;
}

int packer_finish(struct packer *p, struct fault *f)
{
    for (enum profile i = 0; i < PROFILE_COUNT; i++) {
        if (p->open[i].data && close_block(p, i, f) < 0)
            return f->code;
    }
    while (p->busy) {
        if (write_oldest(p, f) < 0)
            return f->code;
    }
    return 0;
}

const struct layout_block *packer_blocks(const struct packer *p, uint32_t *count)
{
    *count = p->written;
    return p->blocks;
}

uint32_t packer_written_as(const struct packer *p, uint32_t block)
{
    return p->written_as[block];
}

uint64_t packer_bytes(const struct packer *p)
{
    return p->bytes;
}

void packer_close(struct packer *p)
{
    if (!p)
        return;
    if (p->pool) {
        unsigned threads = pool_workers(p->pool);

        /* First: its jobs use what is freed below.  After a failure nobody wants what they would
         * still compress. */
        pool_cancel(p->pool);
        pool_close(p->pool);
        for (unsigned i = 0; p->frames && i < threads; i++)
            frame_packer_close(p->frames[i]);
    }
    for (unsigned i = 0; p->ring && i < p->ring_size; i++) {
        free(p->ring[i].from.data);
        free(p->ring[i].packed);
    }
    for (enum profile i = 0; i < PROFILE_COUNT; i++)
        free(p->open[i].data);
    free(p->frames);
    free(p->ring);
    free(p->blocks);
    free(p->written_as);
    free(p);
}
