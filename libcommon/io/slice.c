/* SPDX-License-Identifier: MIT */
/* The source that is a range of another: it adds its start. */
#include <stdlib.h>

#include "base/checked.h"
#include "io/source.h"

struct slice_source {
    struct source base;
    struct source *below; /* owned */
    uint64_t start;
};

static int slice_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                     struct fault *f)
{
    struct slice_source *s = (struct slice_source *)base;

    return source_map(s->below, s->start + offset, length, out, f);
}

static void slice_close(struct source *base)
{
    struct slice_source *s = (struct slice_source *)base;

    source_close(s->below);
    free(s);
}

static const struct source_ops slice_ops = {.map = slice_map, .close = slice_close};

int source_slice(struct source *below, uint64_t start, uint64_t length, struct source **out,
                 struct fault *f)
{
    struct slice_source *s;
    uint64_t end;

    if (!add_u64(start, length, &end)) {
        fault_set(f, FAULT_DAMAGED, "%llu bytes at offset %llu wrap past 2^64",
                  (unsigned long long)length, (unsigned long long)start);
        goto fail;
    }
    s = calloc(1, sizeof(*s));
    if (!s) {
        fault_memory(f, "a slice", sizeof(*s));
        goto fail;
    }
    s->base = (struct source){.ops = &slice_ops, .name = below->name, .size = length};
    s->below = below;
    s->start = start;
    *out = &s->base;
    return 0;
fail:
    source_close(below);
    return f->code;
}
