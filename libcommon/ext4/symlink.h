/* SPDX-License-Identifier: MIT */
/* Symbolic links: where they point. */
#ifndef EXT4_SYMLINK_H
#define EXT4_SYMLINK_H

#include "ext4/inode.h"

/* The target in target, which has room for block_size bytes, its NUL included. */
int ext4_symlink_read(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                      char *target, struct fault *f);

#endif
