/* SPDX-License-Identifier: MIT */
/* Do the partitions of a plan that have their places stand in each other's way? */
#include "part/layout_check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/checked.h"
#include "part/number.h"

/* A range of sectors that is one partition's, or that of its boot record. */
struct claim {
    uint64_t start, end; /* end is not part of it */
    const struct part_wish *wish;
    bool is_ebr;
};

static int by_start(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->is_ebr != y->is_ebr)
        return x->is_ebr ? -1 : 1;
    return x->wish->number < y->wish->number ? -1 : x->wish->number > y->wish->number;
}

static const char *what_claims(const struct claim *c)
{
    return c->is_ebr ? "the boot record of partition" : "partition";
}

static int check_claims(struct claim *claims, size_t n, struct fault *f)
{
    qsort(claims, n, sizeof(*claims), by_start);
    for (size_t i = 1; i < n; i++) {
        const struct claim *a = &claims[i - 1], *b = &claims[i];

        if (b->start < a->end)
            return fault_set(f, FAULT_USAGE,
                             "%s %u (sectors %" PRIu64 " to %" PRIu64 ") and %s %u (%" PRIu64
                             " to %" PRIu64 ") overlap",
                             what_claims(a), a->wish->number, a->start, a->end - 1, what_claims(b),
                             b->wish->number, b->start, b->end - 1);
    }
    return 0;
}

/* Primary and extended ones among each other, then logical ones with their boot records. */
static int check_overlap(const struct part_plan *p, bool logical, struct fault *f)
{
    struct claim *claims = calloc(2 * p->count + 1, sizeof(*claims));
    size_t n = 0;
    int code;

    if (!claims)
        return fault_memory(f, "a layout", 2 * p->count * sizeof(*claims));
    for (size_t i = 0; i < p->count; i++) {
        const struct part_wish *w = &p->wishes[i];

        if (w->logical != logical)
            continue;
        claims[n++] = (struct claim){.start = w->start, .end = w->start + w->size, .wish = w};
        if (logical)
            claims[n++] =
                (struct claim){.start = w->ebr, .end = w->ebr + 1, .wish = w, .is_ebr = true};
    }
    code = check_claims(claims, n, f);
    free(claims);
    return code;
}

int part_plan_check_places(const struct part_plan *p, struct fault *f)
{
    const struct part_wish *extended = part_plan_extended(p);
    uint64_t first = p->kind == PART_GPT ? p->first_lba : 1;

    for (size_t i = 0; i < p->count; i++) {
        const struct part_wish *w = &p->wishes[i];

        if (w->start < first)
            return fault_set(f, FAULT_USAGE,
                             "partition %u starts at sector %" PRIu64
                             ", before the first usable one, %" PRIu64,
                             w->number, w->start, first);
        if (w->logical && !range_within(w->start - extended->start, w->size, extended->size))
            return fault_set(f, FAULT_USAGE,
                             "logical partition %u (sectors %" PRIu64 " to %" PRIu64
                             ") lies outside the extended partition (%" PRIu64 " to %" PRIu64 ")",
                             w->number, w->start, w->start + w->size - 1, extended->start,
                             extended->start + extended->size - 1);
    }
    if (check_overlap(p, false, f) < 0)
        return f->code;
    return check_overlap(p, true, f);
}
