/* SPDX-License-Identifier: MIT */
/* What the parsers of GPT and MBR share: the disk they read, the table they fill. */
#include "part/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "part/mbr_format.h"

int part_input_read(const struct part_input *in, uint64_t offset, void *buffer, size_t length,
                    const char *what, struct fault *f)
{
    if (source_require(in->disk, offset, length, what, f) < 0)
        return f->code;
    return reader_read(in->reader, offset, buffer, length, f);
}

int part_table_add(struct part_table *t, struct part_entry **out, struct fault *f)
{
    /* Room is doubled whenever the count reaches a power of two. */
    if (t->count == 0 || is_power_of_2(t->count)) {
        size_t room = t->count ? 2 * t->count : 1;
        struct part_entry *entries = reallocarray(t->entries, room, sizeof(*entries));

        if (!entries)
            return fault_memory(f, "a partition table", room * sizeof(*entries));
        t->entries = entries;
    }
    *out = &t->entries[t->count++];
    memset(*out, 0, sizeof(**out));
    return 0;
}

void part_entry_place(struct part_entry *e, uint64_t first, uint64_t last, uint32_t sector_size)
{
    e->first_lba = first;
    e->last_lba = last;
    if (last < first) {
        e->defects |= PART_REVERSED;
    } else if (last >= UINT64_MAX / sector_size) {
        e->defects |= PART_PAST_END;
    } else {
        e->start = first * sector_size;
        e->length = (last - first + 1) * sector_size;
    }
}

void part_table_check_end(struct part_table *t, const struct part_input *in)
{
    uint64_t size = in->disk->size;

    for (size_t i = 0; i < t->count; i++) {
        struct part_entry *e = &t->entries[i];
        char end[64] = "";

        if (size != SIZE_UNKNOWN && !range_within(e->start, e->length, size))
            e->defects |= PART_PAST_END;
        if (!(e->defects & PART_PAST_END))
            continue;
        if (size != SIZE_UNKNOWN)
            snprintf(end, sizeof(end), " (%" PRIu64 " bytes)", size);
        notice(in->notices, NOTICE_LOSS, NULL,
               "partition %u (sectors %" PRIu64 " to %" PRIu64 " of %" PRIu32
               " bytes) lies past the end of the disk%s",
               e->number, e->first_lba, e->last_lba, t->sector_size, end);
    }
}

static int by_start(const void *a, const void *b)
{
    const struct part_entry *x = *(const struct part_entry *const *)a;
    const struct part_entry *y = *(const struct part_entry *const *)b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void tell_overlap(const struct part_input *in, struct part_entry *a, struct part_entry *b)
{
    a->defects |= PART_OVERLAPS;
    b->defects |= PART_OVERLAPS;
    notice(in->notices, NOTICE_LOSS, NULL,
           "partitions %u (sectors %" PRIu64 " to %" PRIu64 ") and %u (%" PRIu64 " to %" PRIu64
           ") overlap",
           a->number, a->first_lba, a->last_lba, b->number, b->first_lba, b->last_lba);
}

/* Extended partitions with each other, and with the primary ones: four entries at most. */
static void check_extended(struct part_table *t, const struct part_input *in)
{
    for (size_t j = 1; j < t->count && t->entries[j].number <= MBR_ENTRIES; j++)
        for (size_t i = 0; i < j; i++) {
            struct part_entry *a = &t->entries[i], *b = &t->entries[j];

            if ((a->extended || b->extended) && a->first_lba <= b->last_lba &&
                b->first_lba <= a->last_lba)
                tell_overlap(in, a, b);
        }
}

int part_table_check_overlap(struct part_table *t, const struct part_input *in, struct fault *f)
{
    struct part_entry **sorted = calloc(t->count + 1, sizeof(struct part_entry *));
    struct part_entry *last = NULL; /* of those before, the one that ends last */
    size_t n = 0;

    if (!sorted)
        return fault_memory(f, "sorting a partition table", t->count * sizeof(*sorted));
    for (size_t i = 0; i < t->count; i++)
        if (!t->entries[i].extended && t->entries[i].length > 0)
            sorted[n++] = &t->entries[i];
    qsort(sorted, n, sizeof(struct part_entry *), by_start);
    for (size_t i = 0; i < n; i++) {
        struct part_entry *e = sorted[i];

        if (last && e->first_lba <= last->last_lba)
            tell_overlap(in, last, e);
        if (!last || e->last_lba > last->last_lba)
            last = e;
    }
    free(sorted);
    if (t->kind == PART_MBR)
        check_extended(t, in);
    return 0;
}
