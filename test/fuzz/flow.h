/* SPDX-License-Identifier: MIT */
/* A source whose bytes come as they are asked for and are kept only if wanted, as a pipe's are,
 * over memory: what asks it is held to what a filter may do. */
#ifndef FUZZ_FLOW_H
#define FUZZ_FLOW_H

#include <stdlib.h>

#include "base/checked.h"
#include "io/source.h"

struct flow {
    struct source base;
    const uint8_t *data; /* borrowed */
    uint64_t size;
    uint64_t read_to;
    bool *kept; /* for each byte */
    bool closed;
    bool asking; /* the filter is being asked */
    const struct source_filter *filter;
};

static inline bool flow_wanted(struct flow *s, uint64_t *run)
{
    uint64_t rest = SIZE_UNKNOWN - s->read_to;
    bool wanted = true;

    *run = rest;
    if (s->filter) {
        if (s->asking)
            abort();
        s->asking = true;
        wanted = s->filter->wanted(s->filter->context, s->read_to, rest, run);
        s->asking = false;
    }
    if (*run == 0 || *run > rest)
        abort();
    if (!wanted && *run == rest)
        s->closed = true;
    return wanted;
}

static inline int flow_advance(struct source *base, uint64_t end, struct fault *f)
{
    struct flow *s = (struct flow *)base;
    uint64_t run;

    (void)f;
    while (!s->closed && s->read_to < end) {
        bool wanted = flow_wanted(s, &run);

        if (s->closed)
            break;
        for (run = min_u64(run, end - s->read_to); run > 0 && s->read_to < s->size; run--)
            s->kept[s->read_to++] = wanted;
        if (run > 0) {
            s->closed = true;
            base->size = s->size;
        }
    }
    return 0;
}

static inline int flow_map(struct source *base, uint64_t offset, uint64_t length,
                           struct extent *out, struct fault *f)
{
    struct flow *s = (struct flow *)base;
    uint64_t n = 0;

    while (n < length && offset + n < s->read_to && s->kept[offset + n])
        n++;
    if (n == 0)
        return fault_set(f, FAULT_DAMAGED, "byte %llu was not kept", ull(offset));
    *out = (struct extent){.kind = EXTENT_MEMORY, .length = n, .memory = s->data + offset};
    return 0;
}

static inline void flow_keep_only(struct source *base, const struct source_filter *filter)
{
    ((struct flow *)base)->filter = filter;
}

static inline void flow_close(struct source *base)
{
    free(((struct flow *)base)->kept);
    free(base);
}

static inline struct source *flow_open(const uint8_t *data, size_t size)
{
    static const struct source_ops ops = {
        .map = flow_map,
        .advance = flow_advance,
        .keep_only = flow_keep_only,
        .close = flow_close,
    };
    struct flow *s = calloc(1, sizeof(*s));

    if (!s || !(s->kept = calloc(size + 1, sizeof(*s->kept))))
        abort();
    s->base = (struct source){.ops = &ops, .name = "input", .size = SIZE_UNKNOWN, .kept = true};
    s->data = data;
    s->size = size;
    return &s->base;
}

#endif
