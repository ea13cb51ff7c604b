/* SPDX-License-Identifier: MIT */
/* Gives the partitions of a plan their places. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/text.h"
#include "part/geometry.h"
#include "part/layout_check.h"
#include "part/number.h"
#include "part/plan.h"

/* An MBR counts in 32 bits. */
#define MBR_SECTORS_MAX UINT64_C(0xffffffff)

/* Sectors are kept below this, so that sums of some of them and products with a sector's size do
 * not wrap. */
#define SECTORS_MAX (UINT64_MAX / 4096 / 4)

/* Nobody aligns to more, and so no sum with it wraps. */
#define GRAIN_MAX (UINT64_C(1) << 40)

/* The space that partitions are laid out in. */
struct space {
    uint64_t cursor;  /* the next place that is free */
    uint64_t limit;   /* the first sector that is none of theirs, or PART_ANY */
    bool full;        /* an extended partition takes whatever is left of it */
    uint64_t *starts; /* those that were wished for, in order; owned */
    size_t count;
};

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Of the logical partitions, or of the others. */
static int collect_starts(const struct part_plan *p, bool logical, struct space *s, struct fault *f)
{
    s->starts = calloc(p->count + 1, sizeof(*s->starts));
    if (!s->starts)
        return fault_memory(f, "a layout", p->count * sizeof(*s->starts));
    for (size_t i = 0; i < p->count; i++)
        if (p->wishes[i].logical == logical && p->wishes[i].start != PART_ANY)
            s->starts[s->count++] = p->wishes[i].start;
    qsort(s->starts, s->count, sizeof(*s->starts), by_value);
    return 0;
}

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
    if (p->first_lba > SECTORS_MAX)
        return refuse_usable("FirstUsableLBA", p->first_lba, "past", SECTORS_MAX, f);
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
        return refuse_usable("FirstUsableLBA", p->first_lba, "past LastUsableLBA,", p->last_lba, f);
    return 0;
}

static int refuse_disk(const struct part_plan *p, struct fault *f)
{
    return fault_set(f, FAULT_USAGE, "a disk of %" PRIu64 " sectors is too large", p->sectors);
}

static int set_space(struct part_plan *p, struct space *s, struct fault *f)
{
    if (!is_power_of_2(p->grain) || p->grain < p->sector_size || p->grain > GRAIN_MAX)
        return fault_set(f, FAULT_USAGE,
                         "partitions are aligned to a power of two from the sector's %" PRIu32
                         " bytes to 1 TiB, not to %" PRIu64,
                         p->sector_size, p->grain);
    if (p->kind == PART_MBR &&
        (p->first_lba != PART_ANY || p->last_lba != PART_ANY || p->entry_room != 0))
        return fault_set(f, FAULT_USAGE, "first-lba, last-lba and table-length are not for MBR");
    if (p->sectors != PART_ANY && p->sectors > SECTORS_MAX)
        return refuse_disk(p, f);
    if (p->kind == PART_GPT && set_usable(p, f) < 0)
        return f->code;
    s->cursor = p->kind == PART_GPT ? p->first_lba : 1;
    s->limit = PART_ANY;
    if (p->sectors != PART_ANY)
        s->limit = p->kind == PART_GPT ? p->last_lba + 1 : min_u64(p->sectors, MBR_SECTORS_MAX + 1);
    return 0;
}

/* ---- one partition ---- */

/* The first start after a sector, or PART_ANY. */
static uint64_t next_start(const struct space *s, uint64_t sector)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->starts[middle] > sector)
            high = middle;
        else
            low = middle + 1;
    }
    return low < s->count ? s->starts[low] : PART_ANY;
}

/* Where the space ends that a partition which starts here can have: where the next one is wished to
 * start, a logical one with its boot record before it, or all there is. */
static uint64_t end_of_room(const struct part_plan *p, const struct part_wish *w,
                            const struct space *s)
{
    uint64_t grain = p->grain / p->sector_size;
    uint64_t next = next_start(s, w->start);

    if (w->logical && next != PART_ANY)
        next -= next - w->start > grain ? grain : 1;
    return min_u64(next, s->limit);
}

/* No size and no content: all the space there is, to a multiple of the grain if it has one. */
static int fill_room(const struct part_plan *p, struct part_wish *w, const struct space *s,
                     struct fault *f)
{
    uint64_t end = end_of_room(p, w, s);

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

    if (needed == 0)
        return fault_set(f, FAULT_USAGE, "partition %u: %s is empty", w->number, w->content_name);
    if (w->size == PART_ANY)
        w->size = needed;
    if (needed > w->size)
        return fault_set(f, FAULT_USAGE,
                         "partition %u: %s has %" PRIu64 " bytes, more than its size= of %" PRIu64
                         " (%" PRIu64 " sectors)",
                         w->number, w->content_name, w->content, w->size * p->sector_size, w->size);
    return 0;
}

/* Is the last sector one that this kind of table can count to? */
static int check_numbers(const struct part_plan *p, const struct part_wish *w, struct fault *f)
{
    uint64_t max = p->kind == PART_MBR ? MBR_SECTORS_MAX : SECTORS_MAX;
    uint64_t more = w->size == PART_ANY ? 0 : w->size - 1;

    if (w->start <= max && more <= max - w->start && more < max)
        return 0;
    return fault_set(f, FAULT_USAGE,
                     "partition %u starts at sector %" PRIu64 " with %" PRIu64
                     " sectors: %s has no numbers past %" PRIu64 "%s",
                     w->number, w->start, more + 1, p->kind == PART_MBR ? "an MBR" : "a disk", max,
                     p->kind == PART_MBR ? " (a GPT has)" : "");
}

static int set_start(const struct part_plan *p, struct part_wish *w, const struct space *s,
                     struct fault *f)
{
    if (w->start == PART_ANY && s->full)
        return fault_set(f, FAULT_USAGE,
                         "no space is left for partition %u behind the extended one", w->number);
    if (w->start == PART_ANY)
        w->start = align_up(p, s->cursor + w->logical);
    if (w->extended && w->content_name)
        return fault_set(f, FAULT_USAGE,
                         "partition %u is extended, it holds partitions: there is no place for %s",
                         w->number, w->content_name);
    return check_numbers(p, w, f);
}

static int place(const struct part_plan *p, struct part_wish *w, struct space *s, struct fault *f)
{
    if (set_start(p, w, s, f) < 0)
        return f->code;
    if (w->content != PART_ANY) {
        if (size_to_content(p, w, f) < 0)
            return f->code;
    } else if (w->size == PART_ANY && w->extended && s->limit == PART_ANY) {
        s->full = true;
        return 0;
    } else if (w->size == PART_ANY && fill_room(p, w, s, f) < 0) {
        return f->code;
    }
    s->cursor = max_u64(s->cursor, w->start + w->size);
    return check_numbers(p, w, f);
}

static int place_primary(const struct part_plan *p, struct space *s, struct fault *f)
{
    int code = collect_starts(p, false, s, f);

    for (size_t i = 0; code == 0 && i < p->count; i++)
        if (!p->wishes[i].logical)
            code = place(p, &p->wishes[i], s, f);
    free(s->starts);
    s->starts = NULL;
    return code;
}

/* Logical partitions go into the extended one; of a disk whose size is not given it ends where they
 * do. */
static int place_logical(const struct part_plan *p, struct part_wish *extended, struct fault *f)
{
    struct space s = {.cursor = extended->start, .limit = PART_ANY};
    int code = collect_starts(p, true, &s, f);

    if (extended->size != PART_ANY)
        s.limit = extended->start + extended->size;
    for (size_t i = 0; code == 0 && i < p->count; i++)
        if (p->wishes[i].logical)
            code = place(p, &p->wishes[i], &s, f);
    free(s.starts);
    if (code < 0)
        return code;
    if (extended->size == PART_ANY)
        extended->size = align_up(p, max_u64(s.cursor, extended->start + 1)) - extended->start;
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
static int set_disk_size(struct part_plan *p, struct space *s, struct fault *f)
{
    uint64_t end = max_u64(end_of_all(p), (p->kind == PART_GPT ? p->first_lba : 0) + 1);

    if (p->sectors != PART_ANY)
        return 0;
    p->sectors = align_up(p, end + tail_sectors(p));
    if (p->sectors > SECTORS_MAX)
        return refuse_disk(p, f);
    p->last_lba = p->sectors - 1 - tail_sectors(p);
    s->limit = p->kind == PART_GPT ? p->last_lba + 1 : p->sectors;
    return 0;
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

int part_plan_lay_out(struct part_plan *p, struct fault *f)
{
    struct space s = {0};
    struct part_wish *extended;

    if (part_plan_number(p, f) < 0 || set_space(p, &s, f) < 0 || place_primary(p, &s, f) < 0)
        return f->code;
    extended = part_plan_extended(p);
    if (extended && place_logical(p, extended, f) < 0)
        return f->code;
    if (extended)
        mbr_place_boot_records(p);
    if (set_disk_size(p, &s, f) < 0 || check_fit(p, &s, f) < 0)
        return f->code;
    return part_plan_check_places(p, f);
}
