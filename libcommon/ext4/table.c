/* SPDX-License-Identifier: MIT */
/* A hash table from numbers to pointers: blocks met, files with several names. */
#include "ext4/table.h"

#include <stdlib.h>

#include "base/hash.h"

/* Open addressing with linear probing, at most two thirds full. */
static struct ext4_slot *find(struct ext4_slot *slots, size_t room, uint64_t seed, uint64_t key)
{
    size_t i = hash_u64(seed, key) & (room - 1);

    while (slots[i].key != 0 && slots[i].key != key)
        i = (i + 1) & (room - 1);
    return &slots[i];
}

static int grow(struct ext4_table *t, struct fault *f)
{
    size_t room = t->room ? t->room * 2 : 64;
    struct ext4_slot *slots = calloc(room, sizeof(*slots));

    if (!slots)
        return fault_memory(f, "a table of numbers", room * sizeof(*slots));
    if (t->room == 0)
        t->seed = hash_seed(slots);
    for (size_t i = 0; i < t->room; i++)
        if (t->slots[i].key != 0)
            *find(slots, room, t->seed, t->slots[i].key) = t->slots[i];
    free(t->slots);
    t->slots = slots;
    t->room = room;
    return 0;
}

int ext4_table_put(struct ext4_table *t, uint64_t key, struct ext4_slot **slot, bool *added,
                   struct fault *f)
{
    if (t->count >= t->room / 3 * 2) {
        int code = grow(t, f);

        if (code != 0)
            return code;
    }
    *slot = find(t->slots, t->room, t->seed, key);
    *added = (*slot)->key == 0;
    if (*added) {
        (*slot)->key = key;
        t->count++;
    }
    return 0;
}

void *ext4_table_get(const struct ext4_table *t, uint64_t key)
{
    return t->room > 0 ? find(t->slots, t->room, t->seed, key)->value : NULL;
}

void ext4_table_free(struct ext4_table *t)
{
    free(t->slots);
    *t = (struct ext4_table){0};
}
