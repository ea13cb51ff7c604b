/* SPDX-License-Identifier: MIT */
/* Compresses blocks on many threads and writes them in order. */
#include "engram/packer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/digest.h"
#include "engram/frame.h"

/* A block that is being compressed.  A ring of them keeps the order. */
struct packing {
    struct pool_job job; /* first: a job is a packing */
    struct packer *packer;
    struct packer_block from; /* its memory goes back when the block has been written */
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
    unsigned workers;
    struct packing *ring;
    unsigned ring_size;
    unsigned first, busy;        /* the ring's oldest element in use, and how many are */
    struct layout_block *blocks; /* as written */
    size_t written, room;
    uint64_t bytes;
};

static void pack(struct pool_job *job, unsigned worker)
{
    struct packing *k = (struct packing *)job;
    const struct profile_settings *s = rules_settings(k->packer->rules, k->from.profile);
    const struct frame_settings how = {k->from.dense ? FRAME_STORE : s->level, s->window_bytes,
                                       s->long_matches};
    size_t length;

    k->rc = frame_pack(k->packer->frames[worker], &how, k->from.data, k->from.length, k->packed,
                       &length, &k->fault);
    if (k->rc < 0)
        return;
    k->row = (struct layout_block){
        .stored = (uint32_t)length, .unpacked = k->from.length, .profile = k->from.profile};
    sha256_of(k->packed, length, k->row.sha256);
}

int packer_open(struct sink *to, const struct rules *rules, struct pool *pool, struct packer **out,
                struct fault *f)
{
    struct packer *p = calloc(1, sizeof(*p));

    if (!p)
        return fault_memory(f, "a packer", sizeof(*p));
    p->to = to;
    p->rules = rules;
    p->pool = pool;
    p->workers = pool_workers(pool);
    /* One more than workers, so that none waits while the oldest is written. */
    p->ring_size = p->workers == 1 ? 1 : p->workers + 1;
    p->ring = calloc(p->ring_size, sizeof(*p->ring));
    p->frames = calloc(p->workers, sizeof(*p->frames));
    if (!p->ring || !p->frames)
        goto no_memory;
    for (unsigned i = 0; i < p->workers; i++) {
        if (frame_packer_open(&p->frames[i], f) < 0) {
            packer_close(p);
            return f->code;
        }
    }
    *out = p;
    return 0;
no_memory:
    fault_memory(f, "the blocks in work", p->ring_size * sizeof(*p->ring));
    packer_close(p);
    return f->code;
}

/* Wait for the oldest block in work, write it, and give its memory back. */
static int write_oldest(struct packer *p, struct fault *f)
{
    struct packing *k = &p->ring[p->first];
    struct layout_block *blocks;

    pool_wait(p->pool, &k->job);
    p->first = (p->first + 1) % p->ring_size;
    p->busy--;
    free(k->from.data);
    k->from.data = NULL;
    if (k->rc < 0) {
        *f = k->fault;
        return k->rc;
    }
    blocks = array_grow(p->blocks, p->written, &p->room, sizeof(*blocks), "the list of blocks", f);
    if (!blocks)
        return f->code;
    p->blocks = blocks;
    p->blocks[p->written++] = k->row;
    p->bytes += k->row.stored;
    return sink_data(p->to, k->packed, k->row.stored, f);
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

int packer_add(struct packer *p, const struct packer_block *block, struct fault *f)
{
    struct packing *k = NULL;

    if (p->busy < p->ring_size || write_oldest(p, f) == 0) {
        k = &p->ring[(p->first + p->busy) % p->ring_size];
        if (make_packed_room(k, block->length, f) < 0)
            k = NULL;
    }
    if (!k) {
        free(block->data);
        return f->code;
    }
    k->from = *block;
    k->packer = p;
    k->job.run = pack;
    p->busy++;
    pool_submit(p->pool, &k->job);
    return 0;
}

int packer_finish(struct packer *p, struct fault *f)
{
    while (p->busy) {
        if (write_oldest(p, f) < 0)
            return f->code;
    }
    return 0;
}

const struct layout_block *packer_blocks(const struct packer *p, uint32_t *count)
{
    *count = (uint32_t)p->written;
    return p->blocks;
}

uint64_t packer_bytes(const struct packer *p)
{
    return p->bytes;
}

void packer_close(struct packer *p)
{
    if (!p)
        return;
    for (unsigned i = 0; p->ring && i < p->ring_size; i++) {
        free(p->ring[i].from.data);
        free(p->ring[i].packed);
    }
    for (unsigned i = 0; p->frames && i < p->workers; i++)
        frame_packer_close(p->frames[i]);
    free(p->frames);
    free(p->ring);
    free(p->blocks);
    free(p);
}
