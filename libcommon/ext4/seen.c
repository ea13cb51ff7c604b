/* SPDX-License-Identifier: MIT */
/* Which inodes have been met: a bit for each, in pages that are made when they are needed. */
#include "ext4/seen.h"

#include <stdlib.h>

enum { PAGE_BYTES = 4096, PAGE_BITS = 8 * PAGE_BYTES };

int ext4_seen_open(struct ext4_seen *s, uint32_t max, struct fault *f)
{
    s->count = max / PAGE_BITS + 1;
    s->pages = calloc(s->count, sizeof(*s->pages));
    if (!s->pages)
        return fault_memory(f, "marks for inodes", s->count * sizeof(*s->pages));
    return 0;
}

int ext4_seen_mark(struct ext4_seen *s, uint32_t number, struct fault *f)
{
    uint8_t **page = &s->pages[number / PAGE_BITS];
    uint32_t bit = number % PAGE_BITS;

    if (!*page && !(*page = calloc(1, PAGE_BYTES)))
        return fault_memory(f, "marks for inodes", PAGE_BYTES);
    (*page)[bit / 8] |= (uint8_t)(1 << bit % 8);
    return 0;
}

bool ext4_seen_has(const struct ext4_seen *s, uint32_t number)
{
    const uint8_t *page = s->pages[number / PAGE_BITS];
    uint32_t bit = number % PAGE_BITS;

    return page && page[bit / 8] >> bit % 8 & 1;
}

void ext4_seen_close(struct ext4_seen *s)
{
    for (uint32_t i = 0; s->pages && i < s->count; i++)
        free(s->pages[i]);
    free(s->pages);
}
