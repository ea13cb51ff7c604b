/* SPDX-License-Identifier: MIT */
/* A hash table from numbers to pointers: blocks met, files with several names. */
#ifndef EXT4_TABLE_H
#define EXT4_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct ext4_slot {
    uint64_t key; /* 0: empty */
    void *value;
};

/* Zeroed before its first use.  Values are the caller's. */
struct ext4_table {
    struct ext4_slot *slots;
    size_t room; /* a power of two, or 0 */
    size_t count;
    uint64_t seed; /* of the hashes */
};

/* The slot of a key (not 0) in *slot, *added whether it was made now, its value then NULL.  Valid
 * until the next call. */
int ext4_table_put(struct ext4_table *t, uint64_t key, struct ext4_slot **slot, bool *added,
                   struct fault *f);

/* The value that was put for a key, or NULL if there is none. */
void *ext4_table_get(const struct ext4_table *t, uint64_t key);

void ext4_table_free(struct ext4_table *t);

#endif
