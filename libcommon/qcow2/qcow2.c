/* SPDX-License-Identifier: MIT */
/* Images in the qcow2 format with their backing chains: a source of the guest's disk. */
#include "qcow2/qcow2.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "qcow2/chain.h"
#include "qcow2/place.h"

struct qcow2_source {
    struct source base;
    char *name;
    struct qcow2_chain chain;
};

bool qcow2_detect(const uint8_t *head, size_t len)
{
    return len >= QCOW2_MAGIC_BYTES && be32_at(head) == QCOW2_MAGIC;
}

static void map_compressed(const struct qcow2_layer *l, const struct qcow2_place *place,
                           struct extent *out)
{
    *out = (struct extent){
        .kind = EXTENT_PACKED,
        .length = place->length,
        .packed =
            {
                .below = l->lower,
                .offset = place->host_offset,
                .packed_max = place->packed_max,
                .unpacked = (uint32_t)l->header.cluster_size,
                .skip = place->skip,
                .codec = l->header.compression_type == QCOW2_COMPRESSION_ZSTD ? CODEC_ZSTD
                                                                              : CODEC_DEFLATE,
            },
    };
}

static int qcow2_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                     struct fault *f)
{
    struct qcow2_source *s = (struct qcow2_source *)base;
    struct qcow2_place place;

    if (qcow2_place_find(&s->chain, offset, length, &place, f) < 0)
        return f->code;
    if (place.raw || place.kind == QCOW2_DATA)
        return qcow2_place_map(&s->chain, &place, offset, out, f);
    if (place.kind == QCOW2_COMPRESSED)
        map_compressed(s->chain.layers[place.depth], &place, out);
    else
        *out = (struct extent){.kind = EXTENT_HOLE, .length = place.length};
    return 0;
}

static void qcow2_close(struct source *base)
{
    struct qcow2_source *s = (struct qcow2_source *)base;

    qcow2_chain_close(&s->chain);
    free(s->name);
    free(s);
}

static const struct source_ops qcow2_ops = {.map = qcow2_map, .close = qcow2_close};

int qcow2_open(struct source *lower, const char *path, const struct qcow2_options *options,
               struct source **out, struct fault *f)
{
    struct qcow2_source *s = calloc(1, sizeof(*s));

    if (!s) {
        source_close(lower);
        return fault_memory(f, "a qcow2 source", sizeof(*s));
    }
    s->base.ops = &qcow2_ops;
    s->name = strdup(lower->name);
    if (!s->name) {
        source_close(lower);
        fault_memory(f, "a name", strlen(lower->name));
        goto fail;
    }
    if (qcow2_chain_open(&s->chain, lower, false, path, options, f) < 0)
        goto fail;
    s->base.name = s->name;
    s->base.size = s->chain.layers[0]->size;
    *out = &s->base;
    return 0;
fail:
    qcow2_close(&s->base);
    return f->code;
}
