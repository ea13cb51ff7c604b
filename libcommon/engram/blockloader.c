/* SPDX-License-Identifier: MIT */
/* Loads blocks of an engram: reads them as they are stored, checks and decodes them. */
#include "engram/blockloader.h"

#include <stdlib.h>
#include <string.h>

#include "engram/chunkrows.h"
#include "engram/frame.h"

struct blockloader {
    struct frame_unpacker *unpacker;
    struct sha256 *digest;
    uint8_t *stored;
    size_t room;
};

int blockloader_open(struct blockloader **out, struct fault *f)
{
    struct blockloader *l = calloc(1, sizeof(*l));

    if (!l)
        return fault_memory(f, "a loader of blocks", sizeof(*l));
    if (frame_unpacker_open(&l->unpacker, f) < 0 || sha256_open(&l->digest, f) < 0) {
        blockloader_close(l);
        return f->code;
    }
    *out = l;
    return 0;
}

void blockloader_close(struct blockloader *l)
{
    if (!l)
        return;
    frame_unpacker_close(l->unpacker);
    sha256_close(l->digest);
    free(l->stored);
    free(l);
}

/* Have room for a block as it is stored; what was there is not kept. */
static int make_room(struct blockloader *l, size_t wanted, struct fault *f)
{
    if (l->room >= wanted)
        return 0;
    free(l->stored);
    l->stored = malloc(wanted);
    l->room = l->stored ? wanted : 0;
    return l->stored ? 0 : fault_memory(f, "a block", wanted);
}

static bool has_digest(struct blockloader *l, const uint8_t *bytes, size_t length,
                       const uint8_t wanted[SHA256_BYTES])
{
    uint8_t digest[SHA256_BYTES];

    sha256_update(l->digest, bytes, length);
    sha256_finish(l->digest, digest);
    return memcmp(digest, wanted, SHA256_BYTES) == 0;
}

/* Check and decode the stored bytes, which have been read. */
static int unpack(struct blockloader *l, const struct layout_block *row, uint8_t *data,
                  struct fault *f)
{
    if (!has_digest(l, l->stored, row->stored, row->sha256))
        return fault_set(f, FAULT_DAMAGED, "its SHA-256 is wrong");
    return frame_unpack(l->unpacker, l->stored, row->stored, data, row->unpacked, f);
}

int blockloader_load(struct blockloader *l, struct reader *from, const struct table_block *b,
                     uint8_t *data, struct fault *f)
{
    if (make_room(l, b->row.stored, f) < 0 ||
        reader_read_once(from, b->offset, l->stored, b->row.stored, f) < 0)
        return f->code;
    return unpack(l, &b->row, data, f);
}

int blockloader_load_from(struct blockloader *l, const struct extent *stored,
                          const struct table_block *b, uint8_t *data, struct fault *f)
{
    if (make_room(l, b->row.stored, f) < 0 ||
        extent_read(stored, NULL, 0, l->stored, b->row.stored, f) < 0)
        return f->code;
    return unpack(l, &b->row, data, f);
}

bool blockloader_is_chunk(struct blockloader *l, const struct tables *t, uint32_t chunk,
                          const uint8_t *data)
{
    return has_digest(l, data, chunkrows_length(t, chunk), chunkrows_sha256(t, chunk));
}
