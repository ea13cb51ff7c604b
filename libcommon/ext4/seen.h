/* SPDX-License-Identifier: MIT */
/* Which inodes have been met: a bit for each, in pages that are made when they are needed. */
#ifndef EXT4_SEEN_H
#define EXT4_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct ext4_seen {
    uint8_t **pages;
    uint32_t count; /* of pages */
};

/* For numbers up to max. */
int ext4_seen_open(struct ext4_seen *s, uint32_t max, struct fault *f);

/* Mark a number, and whether it was marked. */
int ext4_seen_mark(struct ext4_seen *s, uint32_t number, struct fault *f);
bool ext4_seen_has(const struct ext4_seen *s, uint32_t number);

void ext4_seen_close(struct ext4_seen *s);

#endif
