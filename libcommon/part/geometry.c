/* SPDX-License-Identifier: MIT */
/* Where the parts of a planned table itself lie, in sectors. */
#include "part/geometry.h"

#include "base/checked.h"
#include "part/gpt_format.h"
#include "part/mbr_format.h"
#include "part/number.h"

enum { GPT_ARRAY_BYTES_MIN = 16384 };

uint64_t gpt_array_sectors(const struct part_plan *p)
{
    return div_round_up((uint64_t)p->entry_room * GPT_ENTRY_BYTES, p->sector_size);
}

uint64_t gpt_reserved_sectors(const struct part_plan *p)
{
    return max_u64(gpt_array_sectors(p), GPT_ARRAY_BYTES_MIN / p->sector_size);
}

/* How many sectors before a logical partition belong to no other, and not to the first one's boot
 * record, which is at the start of the extended partition. */
static uint64_t gap_before(const struct part_plan *p, const struct part_wish *w, uint64_t start)
{
    start += w->number != MBR_FIRST_LOGICAL;
    for (size_t i = 0; i < p->count; i++) {
        const struct part_wish *other = &p->wishes[i];

        if (other->logical && other->start < w->start && other->start + other->size > start)
            start = other->start + other->size;
    }
    return w->start > start ? w->start - start : 0;
}

void mbr_place_boot_records(struct part_plan *p)
{
    const struct part_wish *extended = part_plan_extended(p);
    uint64_t before = p->grain / p->sector_size;

    for (size_t i = 0; i < p->count; i++)
        if (p->wishes[i].logical && gap_before(p, &p->wishes[i], extended->start) < before)
            before = 1;
    for (size_t i = 0; i < p->count; i++) {
        struct part_wish *w = &p->wishes[i];

        if (w->logical)
            w->ebr = w->number == MBR_FIRST_LOGICAL ? extended->start : w->start - before;
    }
}
