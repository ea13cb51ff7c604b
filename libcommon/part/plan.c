/* SPDX-License-Identifier: MIT */
/* What a partitioned disk is to be. */
#include "part/plan.h"

#include <stdlib.h>

#include "base/array.h"

void part_plan_start(struct part_plan *p)
{
    *p = (struct part_plan){
        .kind = PART_GPT,
        .sector_size = 512,
        .grain = PART_GRAIN_BYTES,
        .sectors = PART_ANY,
        .first_lba = PART_ANY,
        .last_lba = PART_ANY,
    };
}

void part_plan_free(struct part_plan *p)
{
    free(p->wishes);
    p->wishes = NULL;
}

int part_plan_add(struct part_plan *p, struct part_wish **out, struct fault *f)
{
    struct part_wish *wishes =
        array_grow(p->wishes, p->count, &p->room, sizeof(*wishes), "a plan of partitions", f);

    if (!wishes)
        return f->code;
    p->wishes = wishes;
    *out = &wishes[p->count++];
    **out = (struct part_wish){.start = PART_ANY, .size = PART_ANY, .content = PART_ANY};
    return 0;
}
