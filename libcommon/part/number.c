/* SPDX-License-Identifier: MIT */
/* Which partition of a plan has which number, and which ones are logical. */
#include "part/number.h"

#include <stdlib.h>

#include "part/mbr_format.h"

enum { PRIMARY_MAX = MBR_ENTRIES, GPT_ENTRIES_USUAL = 128 };

struct part_wish *part_plan_extended(const struct part_plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->wishes[i].extended)
            return &p->wishes[i];
    return NULL;
}

/* Linux's file systems, unless something else was wished for. */
static int set_types(struct part_plan *p, struct fault *f)
{
    for (size_t i = 0; i < p->count; i++) {
        struct part_wish *w = &p->wishes[i];

        if (!w->has_type && part_type_parse(p->kind, "linux", &w->type, f) < 0)
            return f->code;
        w->has_type = true;
        if (p->kind == PART_GPT && w->bootable)
            w->attributes |= PART_ATTR_LEGACY_BOOTABLE;
        w->extended = p->kind == PART_MBR && mbr_type_is_extended(w->type.byte);
    }
    return 0;
}

/* Three stay primary, the fourth entry is for the extended partition that the others need. */
static int add_extended(struct part_plan *p, struct fault *f)
{
    struct part_wish *w;

    if (part_plan_add(p, &w, f) < 0 || part_type_parse(PART_MBR, "extended", &w->type, f) < 0)
        return f->code;
    w->number = PRIMARY_MAX;
    w->has_type = true;
    w->extended = true;
    for (size_t i = PRIMARY_MAX - 1; i < p->count - 1; i++)
        p->wishes[i].logical = true;
    return 0;
}

/* Numbers say it or, without one, a place after the extended partition. */
static int find_logical(struct part_plan *p, struct fault *f)
{
    bool after_extended = false;
    unsigned extended = 0;
    bool numbered = false;

    for (size_t i = 0; i < p->count; i++) {
        struct part_wish *w = &p->wishes[i];

        w->logical = w->number ? w->number >= MBR_FIRST_LOGICAL : after_extended && !w->extended;
        after_extended |= w->extended;
        extended += w->extended;
        numbered |= w->number != 0;
        if (w->logical && w->extended)
            return fault_set(f, FAULT_USAGE, "partition %u is extended: it needs a number up to %d",
                             w->number, PRIMARY_MAX);
    }
    if (extended > 1)
        return fault_set(f, FAULT_USAGE, "%u extended partitions, but an MBR has one", extended);
    if (extended == 0 && p->count > PRIMARY_MAX) {
        if (numbered)
            return fault_set(f, FAULT_USAGE,
                             "%zu partitions need an extended one among them: type=extended",
                             p->count);
        return add_extended(p, f);
    }
    for (size_t i = 0; extended == 0 && i < p->count; i++)
        if (p->wishes[i].logical)
            return fault_set(f, FAULT_USAGE, "partition %u is logical, but none is extended",
                             p->wishes[i].number);
    return 0;
}

/* Numbers that were asked for go first, the others take what they leave, from the lowest on. */
static int take_numbers(struct part_plan *p, bool *taken, unsigned room, struct fault *f)
{
    unsigned next[2] = {1, MBR_FIRST_LOGICAL}; /* of primary and of logical ones */

    for (size_t i = 0; i < p->count; i++) {
        unsigned n = p->wishes[i].number;

        if (n > room)
            return fault_set(f, FAULT_USAGE, "partition %u: the table has room for %u", n, room);
        if (n && taken[n])
            return fault_set(f, FAULT_USAGE, "two partitions have the number %u", n);
        taken[n] = true;
    }
    for (size_t i = 0; i < p->count; i++) {
        struct part_wish *w = &p->wishes[i];
        unsigned *n = &next[w->logical];
        unsigned last = p->kind == PART_MBR && !w->logical ? PRIMARY_MAX : room;

        if (w->number)
            continue;
        while (*n <= last && taken[*n])
            ++*n;
        if (*n > last)
            return fault_set(f, FAULT_USAGE, "%zu partitions, but the table has room for %u",
                             p->count, last);
        w->number = (*n)++;
        taken[w->number] = true;
    }
    return 0;
}

static int check_gaps(const bool *taken, unsigned room, struct fault *f)
{
    for (unsigned n = MBR_FIRST_LOGICAL + 1; n <= room; n++)
        if (taken[n] && !taken[n - 1])
            return fault_set(f, FAULT_USAGE,
                             "logical partition %u without %u: their numbers have no gaps", n,
                             n - 1);
    return 0;
}

int part_plan_number(struct part_plan *p, struct fault *f)
{
    unsigned room = p->kind == PART_MBR ? MBR_FIRST_LOGICAL - 1 + MBR_EBR_MAX
                    : p->entry_room     ? p->entry_room
                                        : PART_ENTRIES_MAX;
    bool *taken;
    int code;

    if (set_types(p, f) < 0 || (p->kind == PART_MBR && find_logical(p, f) < 0))
        return f->code;
    taken = calloc(room + 1, sizeof(*taken));
    if (!taken)
        return fault_memory(f, "the numbers of partitions", room);
    code = take_numbers(p, taken, room, f);
    if (code == 0 && p->kind == PART_MBR)
        code = check_gaps(taken, room, f);
    if (code == 0 && p->kind == PART_GPT && p->entry_room == 0) {
        p->entry_room = GPT_ENTRIES_USUAL;
        for (unsigned n = GPT_ENTRIES_USUAL + 1; n <= room; n++)
            if (taken[n])
                p->entry_room = n;
    }
    free(taken);
    return code;
}
