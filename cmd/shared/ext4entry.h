/* SPDX-License-Identifier: MIT */
/* A name of an ext4 file system as an entry of a manifest. */
#ifndef CMD_SHARED_EXT4ENTRY_H
#define CMD_SHARED_EXT4ENTRY_H

#include <stdbool.h>

#include "ext4/ext4.h"
#include "manifest/entry.h"

/* Fill an entry (which is reset first) with all that a node says, its attributes included. */
int ext4entry_fill(struct ext4 *fs, const struct ext4_node *node, bool all_times, struct entry *e,
                   struct fault *f);

#endif
