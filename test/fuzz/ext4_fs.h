/* SPDX-License-Identifier: MIT */
/* A file system made up in memory, so that one parser of ext4 is fuzzed without the others. */
#ifndef FUZZ_EXT4_FS_H
#define FUZZ_EXT4_FS_H

#include <stdlib.h>

#include "ext4/fs.h"

/* Blocks of 1 KiB, without checksums unless the caller turns them on (their seed is 0); device
 * (which is then owned) holds blocks_count of them. */
static inline struct ext4 *fuzz_fs_open(struct source *device, uint64_t blocks_count)
{
    struct ext4 *fs = calloc(1, sizeof(*fs));
    struct fault f;

    if (!fs || reader_open(device, 1 << 20, &fs->reader, &f) != 0)
        abort();
    fs->device = device;
    fs->super = (struct ext4_super){
        .blocks_count = blocks_count,
        .block_size = 1024,
        .cluster_ratio = 1,
        .group_count = 1,
        .inodes_count = 1000,
        .inodes_per_group = 1000,
        .first_ino = 11,
        .inode_size = 256,
        .incompat = INCOMPAT_FILETYPE | INCOMPAT_EXTENTS,
    };
    fs->claim_limit = blocks_count;
    fs->tree = malloc((size_t)fs->super.block_size * (EXT4_TREE_DEPTH + 1));
    if (!fs->tree)
        abort();
    fs->block = fs->tree + (size_t)fs->super.block_size * EXT4_TREE_DEPTH;
    return fs;
}

static inline void fuzz_fs_close(struct ext4 *fs)
{
    struct source *device = fs->device;

    ext4_close(fs);
    source_close(device);
}

#endif
