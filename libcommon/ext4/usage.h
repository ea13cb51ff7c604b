/* SPDX-License-Identifier: MIT */
/* Which blocks are in use, for a device that is read through a pipe: only those need be kept. */
#ifndef EXT4_USAGE_H
#define EXT4_USAGE_H

#include "ext4/fs.h"

struct ext4_usage;

/* Have the device of a file system (which must outlive it) keep only what the block bitmaps show as
 * used.  A bitmap that has not come yet, or that is not what its checksum says, shows everything as
 * used.  Memory: a block, and a small cache. */
int ext4_usage_open(struct ext4 *fs, struct ext4_usage **out, struct fault *f);

/* The block after the last that is used.  Reads the device up to the bitmaps that say so. */
uint64_t ext4_usage_end(struct ext4_usage *u);

/* The device keeps everything again.  NULL is allowed. */
void ext4_usage_close(struct ext4_usage *u);

#endif
