/* SPDX-License-Identifier: MIT */
/* Compressed clusters unpacked, the last few of them kept. */
#include "io/unpack.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "io/extent.h"

struct slot {
    struct extent cluster; /* which one this is; packed.below NULL: none */
    uint64_t used;         /* tick of its last use */
    uint8_t *data;
    uint32_t room;
};

struct unpacker {
    struct slot *slots;
    unsigned slot_count;
    uint64_t tick;
    uint8_t *packed; /* grows to the largest packed_max seen */
    uint32_t packed_room;
    z_stream inflater;
    bool inflater_ready;
    ZSTD_DCtx *zstd;
};

int unpacker_open(unsigned slots, struct unpacker **out, struct fault *f)
{
    struct unpacker *u = calloc(1, sizeof(*u));

    if (u)
        u->slots = calloc(slots, sizeof(*u->slots));
    if (!u || !u->slots) {
        free(u);
        return fault_memory(f, "an unpacker", sizeof(*u) + slots * sizeof(*u->slots));
    }
    u->slot_count = slots;
    *out = u;
    return 0;
}

static int does_not_unpack(struct fault *f, const struct extent *e, const char *why)
{
    return fault_set(f, FAULT_DAMAGED, "compressed cluster at offset %llu does not unpack: %s",
                     (unsigned long long)e->packed.offset, why);
}

static int wrong_length(struct fault *f, const struct extent *e, const char *how, uint64_t got)
{
    return fault_set(
        f, FAULT_DAMAGED, "compressed cluster at offset %llu unpacks to %s %llu bytes, not %u",
        (unsigned long long)e->packed.offset, how, (unsigned long long)got, e->packed.unpacked);
}

static int get_inflater(struct unpacker *u, struct fault *f)
{
    if (u->inflater_ready)
        return inflateReset(&u->inflater) == Z_OK
                   ? 0
                   : fault_set(f, FAULT_SYSTEM, "zlib cannot start anew");
    if (inflateInit2(&u->inflater, -MAX_WBITS) != Z_OK)
        return fault_memory(f, "zlib", 1 << MAX_WBITS);
    u->inflater_ready = true;
    return 0;
}

/* A stream may fill the cluster without having said its last word: then it must not have more. */
static int inflate_rest(struct unpacker *u, const struct extent *e, struct fault *f)
{
    uint8_t spare;
    int ret;

    u->inflater.next_out = &spare;
    u->inflater.avail_out = 1;
    ret = inflate(&u->inflater, Z_FINISH);
    if (u->inflater.avail_out == 0)
        return wrong_length(f, e, "more than", e->packed.unpacked);
    if (ret != Z_STREAM_END && ret != Z_BUF_ERROR && ret != Z_OK)
        return does_not_unpack(f, e, u->inflater.msg ? u->inflater.msg : zError(ret));
    return 0;
}

static int unpack_deflate(struct unpacker *u, const struct extent *e, uint8_t *data,
                          struct fault *f)
{
    z_stream *z = &u->inflater;
    int ret;

    if (get_inflater(u, f) < 0)
        return f->code;
    z->next_in = u->packed;
    z->avail_in = e->packed.packed_max;
    z->next_out = data;
    z->avail_out = e->packed.unpacked;
    ret = inflate(z, Z_FINISH);
    if (ret != Z_STREAM_END && ret != Z_BUF_ERROR && ret != Z_OK)
        return does_not_unpack(f, e, z->msg ? z->msg : zError(ret));
    if (z->avail_out != 0)
        return wrong_length(f, e, "only", e->packed.unpacked - z->avail_out);
    return ret == Z_STREAM_END ? 0 : inflate_rest(u, e, f);
}

/* Frame by frame, so that no window is ever allocated, whatever a frame asks for. */
static int unpack_zstd(struct unpacker *u, const struct extent *e, uint8_t *data, struct fault *f)
{
    size_t in = 0;
    size_t done = 0;

    if (!u->zstd && !(u->zstd = ZSTD_createDCtx()))
        return fault_memory(f, "zstd", 1 << 17);
    while (done < e->packed.unpacked && in < e->packed.packed_max) {
        size_t frame = ZSTD_findFrameCompressedSize(u->packed + in, e->packed.packed_max - in);
        size_t got;

        if (ZSTD_isError(frame))
            break; /* the padding behind the last frame, or damage: `done` tells */
        got = ZSTD_decompressDCtx(u->zstd, data + done, e->packed.unpacked - done, u->packed + in,
                                  frame);
        if (ZSTD_isError(got))
            return does_not_unpack(f, e, ZSTD_getErrorName(got));
        in += frame;
        done += got;
    }
    if (done < e->packed.unpacked)
        return wrong_length(f, e, "only", done);
    return 0;
}

/* The slot used least recently, with room for what e unpacks to. */
static struct slot *get_room(struct unpacker *u, const struct extent *e, struct fault *f)
{
    struct slot *s = &u->slots[0];

    for (unsigned i = 1; i < u->slot_count; i++)
        if (u->slots[i].used < s->used)
            s = &u->slots[i];
    s->cluster.packed.below = NULL;
    if (s->room < e->packed.unpacked) {
        uint8_t *data = realloc(s->data, e->packed.unpacked);

        if (!data) {
            fault_memory(f, "an unpacked cluster", e->packed.unpacked);
            return NULL;
        }
        s->data = data;
        s->room = e->packed.unpacked;
    }
    return s;
}

static int read_packed(struct unpacker *u, const struct extent *e, struct fault *f)
{
    if (u->packed_room < e->packed.packed_max) {
        uint8_t *packed = realloc(u->packed, e->packed.packed_max);

        if (!packed)
            return fault_memory(f, "a compressed cluster", e->packed.packed_max);
        u->packed = packed;
        u->packed_room = e->packed.packed_max;
    }
    return source_read_plain(e->packed.below, e->packed.offset, u->packed, e->packed.packed_max, f);
}

/* The same bytes unpacked in the same way: two entries of a damaged table may differ in how many
 * bytes they say belong to one cluster. */
static bool same_cluster(const struct extent *a, const struct extent *b)
{
    return a->packed.below == b->packed.below && a->packed.offset == b->packed.offset &&
           a->packed.packed_max == b->packed.packed_max &&
           a->packed.unpacked == b->packed.unpacked && a->packed.codec == b->packed.codec;
}

int unpacker_get(struct unpacker *u, const struct extent *e, const uint8_t **data, struct fault *f)
{
    struct slot *s;

    for (unsigned i = 0; i < u->slot_count; i++) {
        s = &u->slots[i];
        if (same_cluster(&s->cluster, e)) {
            s->used = ++u->tick;
            *data = s->data;
            return 0;
        }
    }
    s = get_room(u, e, f);
    if (!s || read_packed(u, e, f) < 0)
        return f->code;
    if ((e->packed.codec == CODEC_ZSTD ? unpack_zstd : unpack_deflate)(u, e, s->data, f) < 0)
        return fault_about(f, e->packed.below->name);
    s->cluster = *e;
    s->used = ++u->tick;
    *data = s->data;
    return 0;
}

void unpacker_close(struct unpacker *u)
{
    if (!u)
        return;
    for (unsigned i = 0; i < u->slot_count; i++)
        free(u->slots[i].data);
    if (u->inflater_ready)
        inflateEnd(&u->inflater);
    ZSTD_freeDCtx(u->zstd);
    free(u->slots);
    free(u->packed);
    free(u);
}
