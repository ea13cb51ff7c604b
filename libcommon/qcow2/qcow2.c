/* SPDX-License-Identifier: MIT */
/* Images in the qcow2 format with their backing chains: a source of the guest's disk. */
#include "qcow2/qcow2.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "qcow2/chain.h"

struct qcow2_source {
    struct source base;
    char *name;
    struct qcow2_chain chain;
};

bool qcow2_detect(const uint8_t *head, size_t len)
{
    return len >= QCOW2_MAGIC_BYTES && be32_at(head) == QCOW2_MAGIC;
}

static void map_hole(uint64_t length, struct extent *out)
{
    *out = (struct extent){.kind = EXTENT_HOLE, .length = length};
}

static int map_compressed(struct qcow2_layer *l, const struct qcow2_run *run, uint64_t skip,
                          uint64_t length, struct extent *out)
{
    *out = (struct extent){
        .kind = EXTENT_PACKED,
        .length = length,
        .packed =
            {
                .below = l->lower,
                .offset = run->host_offset,
                .packed_max = run->packed_max,
                .unpacked = (uint32_t)l->header.cluster_size,
                .skip = (uint32_t)skip,
                .codec = l->header.compression_type == QCOW2_COMPRESSION_ZSTD ? CODEC_ZSTD
                                                                              : CODEC_DEFLATE,
            },
    };
    return 0;
}

/*
 * A file may end within its last cluster, but only behind what the guest disk has of it: the
 * missing bytes would have to be made up.  What is there is answered for first.
 */
static int map_data(struct qcow2_layer *l, const struct qcow2_run *run, uint64_t skip,
                    uint64_t length, struct extent *out, struct fault *f)
{
    uint64_t at = run->host_offset + skip;

    if (at >= l->header.file_size)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies at 0x%llx, and the file ends "
                         "within it (%llu bytes)",
                         (unsigned long long)((run->start + skip) & ~(l->header.cluster_size - 1)),
                         (unsigned long long)(at & ~(l->header.cluster_size - 1)),
                         (unsigned long long)l->header.file_size);
    return source_map(l->lower, at, min_u64(length, l->header.file_size - at), out, f);
}

/* Answer from one layer, or leave *length bytes at most to the next one: *answered says which. */
static int map_layer(struct qcow2_layer *l, uint64_t offset, uint64_t *length, struct extent *out,
                     bool *answered, struct fault *f)
{
    uint64_t size = l->raw ? l->lower->size : l->header.size;
    struct qcow2_run run;
    uint64_t skip;

    *answered = true;
    if (offset >= size) { /* of an image that is shorter than the one in front of it */
        map_hole(*length, out);
        return 0;
    }
    *length = min_u64(*length, size - offset);
    if (l->raw)
        return source_map(l->lower, offset, *length, out, f);
    if (qcow2_table_find(&l->table, offset, *length, &run, f) < 0)
        return f->code;
    skip = offset - run.start;
    *length = min_u64(*length, run.length - skip);
    switch (run.kind) {
    case QCOW2_DATA:
        return map_data(l, &run, skip, *length, out, f);
    case QCOW2_COMPRESSED:
        return map_compressed(l, &run, skip, *length, out);
    case QCOW2_ZERO:
        map_hole(*length, out);
        return 0;
    default:
        *answered = false;
        return 0;
    }
}

static int qcow2_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                     struct fault *f)
{
    struct qcow2_source *s = (struct qcow2_source *)base;
    bool answered;

    for (size_t i = 0; i < s->chain.count; i++) {
        struct qcow2_layer *l = s->chain.layers[i];

        if (map_layer(l, offset, &length, out, &answered, f) < 0)
            return fault_about(f, l->lower->name);
        if (answered)
            return 0;
    }
    map_hole(length, out);
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
    if (qcow2_chain_open(&s->chain, lower, path, options, f) < 0)
        goto fail;
    s->base.name = s->name;
    s->base.size = s->chain.layers[0]->header.size;
    *out = &s->base;
    return 0;
fail:
    qcow2_close(&s->base);
    return f->code;
}
