/* SPDX-License-Identifier: MIT */
/* Gives the partitions of a plan their places. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/text.h"
#include "part/geometry.h"
#include "part/number.h"
#include "part/plan.h"

/* An MBR counts in 32 bits. */
#define MBR_SECTORS_MAX UINT64_C(0xffffffff)

/* Sectors are kept below this, so that sums of some of them and products with a sector's size do
 * not wrap. */
#define SECTORS_MAX (UINT64_MAX / 4096 / 4)

/* The space that partitions are laid out in. */
struct space {
    uint64_t cursor; /* the next place that is free */
    uint64_t limit;  /* the first sector that is none of theirs, or PART_ANY */
};

static uint64_t align_up(const struct part_plan *p, uint64_t sector)
{
    uint64_t grain = p->grain / p->sector_size;

    return div_round_up(sector, grain) * grain;
}

static uint64_t align_down(const struct part_plan *p, uint64_t sector)
{
    uint64_t grain = p->grain / p->sector_size;

    return sector / grain * grain;
}

/* What a GPT's backup takes at the end of the disk: its array and its header. */
static uint64_t tail_sectors(const struct part_plan *p)
{
    return p->kind == PART_GPT ? gpt_reserved_sectors(p) + 1 : 0;
}

/* ---- the sizes of the disk and of the space ---- */

static int refuse_usable(const char *what, uint64_t lba, const char *from_to, uint64_t bound,
                         struct fault *f)
{
    return fault_set(f, FAULT_USAGE, "%s %" PRIu64 " is %s sector %" PRIu64, what, lba, from_to,
                     bound);
}

/* The usable range of a GPT, as far as it is known before the partitions have places. */
static int set_usable(struct part_plan *p, struct fault *f)
{
    uint64_t first = GPT_ENTRY_LBA + gpt_array_sectors(p);
    uint64_t after; /* the array of the backup starts here */

    if (p->first_lba == PART_ANY)
        p->first_lba = GPT_ENTRY_LBA + gpt_reserved_sectors(p);
    else if (p->first_lba < first)
        return refuse_usable("FirstUsableLBA", p->first_lba, "before the end of the entries,",
                             first, f);
    if (p->last_lba != PART_ANY && p->last_lba > SECTORS_MAX)
        return refuse_usable("LastUsableLBA", p->last_lba, "past", SECTORS_MAX, f);
    if (p->sectors == PART_ANY && p->last_lba != PART_ANY)
        p->sectors = p->last_lba + 1 + tail_sectors(p);
    if (p->sectors == PART_ANY)
        return 0;
    if (p->sectors < p->first_lba + 1 + tail_sectors(p))
        return fault_set(f, FAULT_USAGE,
                         "a disk of %" PRIu64 " bytes is too small for a GPT, which needs %" PRIu64,
                         p->sectors * p->sector_size,
                         (p->first_lba + 1 + tail_sectors(p)) * p->sector_size);
    after = p->sectors - 1 - gpt_array_sectors(p);
    if (p->last_lba == PART_ANY)
        p->last_lba = p->sectors - 1 - tail_sectors(p);
    else if (p->last_lba >= after)
        return refuse_usable("LastUsableLBA", p->last_lba, "not before the backup's entries at",
                             after, f);
    if (p->first_lba > p->last_lba)
        return refuse_usable("FirstUsableLBA", p->first_lba, "past LastUsableLBA, ", p->last_lba,
                             f);
    return 0;
}

static int set_space(struct part_plan *p, struct space *s, struct fault *f)
{
    if (p->grain < p->sector_size)
        return fault_set(f, FAULT_USAGE,
                         "partitions cannot be aligned to %" PRIu64 " bytes: a sector has %" PRIu32,
                         p->grain, p->sector_size);
    if (p->sectors != PART_ANY && p->sectors > SECTORS_MAX)
        return fault_set(f, FAULT_USAGE, "a disk of %" PRIu64 " sectors is too large", p->sectors);
    if (p->kind == PART_GPT && set_usable(p, f) < 0)
        return f->code;
    s->cursor = p->kind == PART_GPT ? p->first_lba : 1;
    s->limit = PART_ANY;
    if (p->sectors != PART_ANY)
        s->limit = p->kind == PART_GPT ? p->last_lba + 1 : min_u64(p->sectors, MBR_SECTORS_MAX);
    return 0;
}

/* ---- one partition ---- */

/* Where the space ends that a partition which starts here can have: where the next one is wished to
 * start, or all there is. */
static uint64_t end_of_room(const struct part_plan *p, const struct part_wish *w, uint64_t limit)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct part_wish *other = &p->wishes[i];

        if (other->logical == w->logical && other->start != PART_ANY && other->start > w->start &&
            other->start < limit)
            limit = other->start;
    }
    return limit;
}

/* No size and no content: all the space there is, to a multiple of the grain if it has one. */
static int fill_room(const struct part_plan *p, struct part_wish *w, uint64_t limit,
                     struct fault *f)
{
    uint64_t end = end_of_room(p, w, limit);

    if (end == PART_ANY)
        return fault_set(f, FAULT_USAGE,
                         "partition %u has neither a size nor a file, and the size of the disk is "
                         "not given",
                         w->number);
    if (end <= w->start)
        return fault_set(f, FAULT_USAGE,
                         "no space is left for partition %u: sector %" PRIu64
                         " is not before %" PRIu64,
                         w->number, w->start, end);
    w->size = (align_down(p, end) > w->start ? align_down(p, end) : end) - w->start;
    return 0;
}

static int size_to_content(const struct part_plan *p, struct part_wish *w, struct fault *f)
{
    uint64_t needed = div_round_up(w->content, p->sector_size);

    if (w->size == PART_ANY)
        w->size = needed;
    if (w->size == 0)
        return fault_set(f, FAULT_USAGE, "partition %u: %s is empty, and no size= is given",
                         w->number, w->content_name);
    if (needed > w->size)
        return fault_set(f, FAULT_USAGE,
                         "partition %u: %s has %" PRIu64 " bytes, more than its size= of %" PRIu64
                         " (%" PRIu64 " sectors)",
                         w->number, w->content_name, w->content, w->size * p->sector_size, w->size);
    return 0;
}

static int check_numbers(const struct part_plan *p, const struct part_wish *w, struct fault *f)
{
    uint64_t max = p->kind == PART_MBR ? MBR_SECTORS_MAX : SECTORS_MAX;

    if (w->start <= max && (w->size == PART_ANY || w->size <= max))
        return 0;
    return fault_set(f, FAULT_USAGE,
                     "partition %u starts at sector %" PRIu64 " with %" PRIu64
                     " sectors: %s has no numbers past %" PRIu64 "%s",
                     w->number, w->start, w->size, p->kind == PART_MBR ? "an MBR" : "a disk", max,
                     p->kind == PART_MBR ? " (a GPT has)" : "");
}

static int place(const struct part_plan *p, struct part_wish *w, struct space *s, struct fault *f)
{
    if (w->start == PART_ANY && s->cursor == SECTORS_MAX)
        return fault_set(f, FAULT_USAGE,
                         "no space is left for partition %u behind the extended one", w->number);
    if (w->start == PART_ANY)
        w->start = align_up(p, s->cursor + w->logical);
    if (check_numbers(p, w, f) < 0)
        return f->code;
    if (w->content != PART_ANY) {
        if (size_to_content(p, w, f) < 0)
            return f->code;
    } else if (w->size == PART_ANY && !(w->extended && s->limit == PART_ANY)) {
        if (fill_room(p, w, s->limit, f) < 0)
            return f->code;
    }
    if (check_numbers(p, w, f) < 0)
        return f->code;
    if (w->size == PART_ANY) /* an extended one: all that is left, as place_logical finds out */
        s->cursor = SECTORS_MAX;
    else
        s->cursor = max_u64(s->cursor, w->start + w->size);
    return 0;
}

/* Logical partitions go into the extended one; of a disk whose size is not given it ends where they
 * do. */
static int place_logical(struct part_plan *p, struct fault *f)
{
    struct part_wish *extended = part_plan_extended(p);
    struct space s = {.limit = PART_ANY};

    if (!extended)
        return 0;
    s.cursor = extended->start;
    if (extended->size != PART_ANY)
        s.limit = extended->start + extended->size;
    for (size_t i = 0; i < p->count; i++)
        if (p->wishes[i].logical && place(p, &p->wishes[i], &s, f) < 0)
            return f->code;
    if (extended->size == PART_ANY)
        extended->size = align_up(p, max_u64(s.cursor, extended->start + 1)) - extended->start;
    mbr_place_boot_records(p);
    return check_numbers(p, extended, f);
}

/* ---- all of them together ---- */

static uint64_t end_of_all(const struct part_plan *p)
{
    uint64_t end = 0;

    for (size_t i = 0; i < p->count; i++)
        end = max_u64(end, p->wishes[i].start + p->wishes[i].size);
    return end;
}

/* The disk's size, if it is not given: what the partitions take, and the backup behind them. */
static void set_disk_size(struct part_plan *p, struct space *s)
{
    uint64_t end = max_u64(end_of_all(p), (p->kind == PART_GPT ? p->first_lba : 0) + 1);

    if (p->sectors != PART_ANY)
        return;
    p->sectors = align_up(p, end + tail_sectors(p));
    p->last_lba = p->sectors - 1 - tail_sectors(p);
    s->limit = p->kind == PART_GPT ? p->last_lba + 1 : p->sectors;
}

static int check_fit(const struct part_plan *p, const struct space *s, struct fault *f)
{
    uint64_t end = end_of_all(p);
    uint64_t needed = (end + tail_sectors(p)) * p->sector_size;
    char shown[8];

    if (end <= s->limit)
        return 0;
    text_size(shown, needed);
    return fault_set(f, FAULT_USAGE,
                     "the partitions end at sector %" PRIu64 ", but the last usable one is %" PRIu64
                     ": a disk for them has at least %" PRIu64 " bytes (%s), not %" PRIu64,
                     end - 1, s->limit - 1, needed, shown, p->sectors * p->sector_size);
}

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

static int check_places(const struct part_plan *p, struct fault *f)
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

int part_plan_lay_out(struct part_plan *p, struct fault *f)
{
    struct space s;

    if (part_plan_number(p, f) < 0 || set_space(p, &s, f) < 0)
        return f->code;
    for (size_t i = 0; i < p->count; i++)
        if (!p->wishes[i].logical && place(p, &p->wishes[i], &s, f) < 0)
            return f->code;
    if (place_logical(p, f) < 0)
        return f->code;
    set_disk_size(p, &s);
    if (check_fit(p, &s, f) < 0)
        return f->code;
    return check_places(p, f);
}
