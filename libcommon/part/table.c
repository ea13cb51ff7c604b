/* SPDX-License-Identifier: MIT */
/* What the parsers of GPT and MBR share: the disk they read, the table they fill. */
#include "part/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

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

uint64_t part_first_sector(const struct part_table *t, const struct part_entry *e)
{
    return e->start / t->sector_size;
}

uint64_t part_last_sector(const struct part_table *t, const struct part_entry *e)
{
    return (e->start + e->length) / t->sector_size - 1;
}

int part_table_check_end(const struct part_table *t, const struct source *disk, struct fault *f)
{
    if (disk->size == SIZE_UNKNOWN)
        return 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct part_entry *e = &t->entries[i];

        if (!range_within(e->start, e->length, disk->size))
            return fault_set(f, FAULT_DAMAGED,
                             "partition %u (sectors %" PRIu64 " to %" PRIu64 " of %" PRIu32
                             " bytes) lies past the end of the disk (%" PRIu64 " bytes)",
                             e->number, part_first_sector(t, e), part_last_sector(t, e),
                             t->sector_size, disk->size);
    }
    return 0;
}

static int by_start(const void *a, const void *b)
{
    const struct part_entry *x = *(const struct part_entry *const *)a;
    const struct part_entry *y = *(const struct part_entry *const *)b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

int part_table_overlap(const struct part_table *t, struct part_overlap *overlap, bool *found,
                       struct fault *f)
{
    const struct part_entry **sorted = calloc(t->count + 1, sizeof(const struct part_entry *));
    const struct part_entry *last = NULL; /* of those before, the one that ends last */
    size_t n = 0;

    *found = false;
    if (!sorted)
        return fault_memory(f, "sorting a partition table", t->count * sizeof(*sorted));
    for (size_t i = 0; i < t->count; i++)
        if (!t->entries[i].extended)
            sorted[n++] = &t->entries[i];
    qsort(sorted, n, sizeof(*sorted), by_start);
    for (size_t i = 0; i < n && !*found; i++) {
        const struct part_entry *e = sorted[i];

        if (last && e->start < last->start + last->length) {
            *overlap = (struct part_overlap){.first = last, .second = e};
            *found = true;
        }
        if (!last || e->start + e->length > last->start + last->length)
            last = e;
    }
    free(sorted);
    return 0;
}
