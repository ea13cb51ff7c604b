/* SPDX-License-Identifier: MIT */
/* The source that is a range of another: it adds its start. */
#include <stdlib.h>

#include "base/checked.h"
#include "io/source.h"

struct slice_source {
    struct source base;
    struct source *below;
    bool borrowed; /* below is not closed with it */
    uint64_t start;
    struct source_filter outer;        /* what is wanted of below: the slice, */
    const struct source_filter *inner; /* and of that what this wants; borrowed, or NULL */
};

static int slice_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                     struct fault *f)
{
    struct slice_source *s = (struct slice_source *)base;

    return source_map(s->below, s->start + offset, length, out, f);
}

/* What lies below comes as it is asked for. */
static int slice_advance(struct source *base, uint64_t end, struct fault *f)
{
    struct slice_source *s = (struct slice_source *)base;

    if (!s->below->ops->advance)
        return 0;
    return source_require(s->below, s->start, min_u64(end, s->base.size), "the partition", f);
}

static bool slice_wanted(void *context, uint64_t offset, uint64_t length, uint64_t *run)
{
    const struct slice_source *s = context;
    uint64_t end = s->start + s->base.size;
    bool wanted = true;

    *run = length;
    if (offset < s->start || offset >= end) {
        if (offset < s->start)
            *run = min_u64(length, s->start - offset);
        return false;
    }
    *run = min_u64(length, end - offset);
    if (s->inner)
        wanted = s->inner->wanted(s->inner->context, offset - s->start, *run, run);
    if (!wanted && *run == end - offset)
        *run = length; /* nor is what follows the slice */
    return wanted;
}

static void slice_keep_only(struct source *base, const struct source_filter *filter)
{
    struct slice_source *s = (struct slice_source *)base;

    s->inner = filter;
    source_keep_only(s->below, &s->outer);
}

static void slice_close(struct source *base)
{
    struct slice_source *s = (struct slice_source *)base;

    if (!s->borrowed)
        source_close(s->below);
    free(s);
}

static const struct source_ops slice_ops = {
    .map = slice_map,
    .advance = slice_advance,
    .keep_only = slice_keep_only,
    .close = slice_close,
};

/* One that owns what lies below; NULL and *f filled if it cannot be made. */
static struct slice_source *open_slice(struct source *below, uint64_t start, uint64_t length,
                                       struct fault *f)
{
    struct slice_source *s;
    uint64_t end;

    if (!add_u64(start, length, &end)) {
        fault_set(f, FAULT_DAMAGED, "%llu bytes at offset %llu wrap past 2^64", ull(length),
                  ull(start));
        return NULL;
    }
    s = calloc(1, sizeof(*s));
    if (!s) {
        fault_memory(f, "a slice", sizeof(*s));
        return NULL;
    }
    s->base = (struct source){
        .ops = &slice_ops, .name = below->name, .size = length, .kept = below->kept};
    s->below = below;
    s->start = start;
    s->outer = (struct source_filter){.wanted = slice_wanted, .context = s};
    return s;
}

int source_slice(struct source *below, uint64_t start, uint64_t length, struct source **out,
                 struct fault *f)
{
    struct slice_source *s = open_slice(below, start, length, f);

    if (!s) {
        source_close(below);
        return f->code;
    }
    slice_keep_only(&s->base, NULL);
    *out = &s->base;
    return 0;
}

int source_slice_borrowed(struct source *below, uint64_t start, uint64_t length,
                          struct source **out, struct fault *f)
{
    struct slice_source *s = open_slice(below, start, length, f);

    if (!s)
        return f->code;
    s->borrowed = true;
    *out = &s->base;
    return 0;
}
