/* SPDX-License-Identifier: MIT */
/* Decoded blocks of an engram, the last few of them kept. */
#include "engram/blockcache.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engram/frame.h"

enum { SLOTS = 64 };

struct slot {
    uint8_t *data; /* NULL: free */
    size_t room;
    uint32_t block; /* NO_BLOCK if it could not be loaded */
    uint64_t used;  /* tick of its last use */
};

static const uint32_t NO_BLOCK = UINT32_MAX; /* more than 2^32 - 2 the tables cannot have */

struct blockcache {
    struct reader *from;
    const struct tables *tables;
    struct frame_unpacker *unpacker;
    size_t max_bytes;
    size_t bytes;    /* held by the slots */
    uint8_t *stored; /* for reading a block before it is decoded */
    size_t stored_room;
    uint64_t decoded;
    uint64_t tick;
    struct slot slots[SLOTS];
};

int blockcache_open(struct reader *from, const struct tables *t, size_t max_bytes,
                    struct blockcache **out, struct fault *f)
{
    struct blockcache *c = calloc(1, sizeof(*c));

    if (!c)
        return fault_memory(f, "a cache of blocks", sizeof(*c));
    c->from = from;
    c->tables = t;
    c->max_bytes = max_bytes;
    if (frame_unpacker_open(&c->unpacker, f) < 0) {
        free(c);
        return f->code;
    }
    *out = c;
    return 0;
}

static void drop(struct blockcache *c, struct slot *s)
{
    c->bytes -= s->room;
    free(s->data);
    s->data = NULL;
    s->room = 0;
}

/* A slot with room for `wanted` bytes, or a free one: as many as needed of the longest unused
 * blocks go, and the memory of the last of them is used again if it suits. */
static struct slot *make_room(struct blockcache *c, size_t wanted)
{
    for (;;) {
        struct slot *idle = NULL, *oldest = NULL;

        for (unsigned i = 0; i < SLOTS; i++) {
            struct slot *s = &c->slots[i];

            if (!s->data)
                idle = s;
            else if (!oldest || s->used < oldest->used)
                oldest = s;
        }
        if (!oldest || (idle && c->bytes + wanted <= c->max_bytes))
            return idle;
        if (oldest->room >= wanted && oldest->room / 2 <= wanted)
            return oldest;
        drop(c, oldest);
    }
}

/* A buffer of at least `wanted` bytes, what is in it not kept. */
static int have_buffer(uint8_t **buffer, size_t *room, size_t wanted, struct fault *f)
{
    if (*room >= wanted)
        return 0;
    free(*buffer);
    *buffer = malloc(wanted);
    *room = *buffer ? wanted : 0;
    return *buffer ? 0 : fault_memory(f, "a block", wanted);
}

/* The stored bytes into `stored`, checked, and unpacked into `data`. */
static int load(struct blockcache *c, const struct layout_block *row, uint64_t offset,
                uint8_t *stored, uint8_t *data, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];

    if (reader_read(c->from, offset, stored, row->stored, f) < 0)
        return f->code;
    sha256_of(stored, row->stored, digest);
    if (memcmp(digest, row->sha256, SHA256_BYTES) != 0)
        return fault_set(f, FAULT_DAMAGED, "its SHA-256 is wrong");
    return frame_unpack(c->unpacker, stored, row->stored, data, row->unpacked, f);
}

static int fill(struct blockcache *c, uint32_t block, struct slot *s, struct fault *f)
{
    const struct table_block *b = &c->tables->blocks[block];
    int rc;

    s->block = NO_BLOCK;
    c->bytes -= s->room;
    rc = have_buffer(&s->data, &s->room, b->row.unpacked, f);
    c->bytes += s->room;
    if (rc < 0 || have_buffer(&c->stored, &c->stored_room, b->row.stored, f) < 0)
        return f->code;
    c->decoded += b->row.unpacked;
    if (load(c, &b->row, b->offset, c->stored, s->data, f) < 0)
        return fault_prefix(f, "block %" PRIu32 " at offset %" PRIu64 " (%" PRIu32 " bytes)", block,
                            b->offset, b->row.stored);
    s->block = block;
    return 0;
}

int blockcache_get(struct blockcache *c, uint32_t block, const uint8_t **data, struct fault *f)
{
    struct slot *s = NULL;

    for (unsigned i = 0; i < SLOTS && !s; i++) {
        if (c->slots[i].data && c->slots[i].block == block)
            s = &c->slots[i];
    }
    if (!s) {
        s = make_room(c, c->tables->blocks[block].row.unpacked);
        if (fill(c, block, s, f) < 0)
            return f->code;
    }
    s->used = ++c->tick;
    *data = s->data;
    return 0;
}

int blockcache_chunk(struct blockcache *c, uint32_t chunk, const uint8_t **data, struct fault *f)
{
    const struct table_chunk *k = &c->tables->chunks[chunk];
    uint8_t digest[SHA256_BYTES];

    if (blockcache_get(c, k->row.block, data, f) < 0)
        return f->code;
    *data += k->offset;
    sha256_of(*data, k->row.length, digest);
    if (memcmp(digest, k->row.sha256, SHA256_BYTES) != 0)
        return fault_set(f, FAULT_DAMAGED,
                         "chunk %" PRIu32 " (%" PRIu32 " bytes in block %" PRIu32
                         "): its SHA-256 is wrong",
                         chunk, k->row.length, k->row.block);
    return 0;
}

uint64_t blockcache_decoded(const struct blockcache *c)
{
    return c->decoded;
}

void blockcache_close(struct blockcache *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < SLOTS; i++)
        free(c->slots[i].data);
    free(c->stored);
    frame_unpacker_close(c->unpacker);
    free(c);
}
