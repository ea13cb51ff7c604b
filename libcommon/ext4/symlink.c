/* SPDX-License-Identifier: MIT */
/* Symbolic links: their target is in the inode, in i_block or as inline data, or in a block. */
#include "ext4/symlink.h"

#include <string.h>

#include "base/checked.h"
#include "ext4/map.h"

/* A target has at least one byte and, with a NUL, fits where it is stored. */
static int check_size(const struct ext4_inode *inode, uint32_t room, struct fault *f)
{
    if (inode->size > 0 && inode->size < room)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "a symbolic link of %llu bytes, must be 1 to %u",
                     ull(inode->size), room - 1);
}

/* From its block, or with inline_data from the inode, the part in an attribute included. */
static int read_mapped(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                       char *target, struct fault *f)
{
    uint64_t end;
    int code = check_size(inode, fs->super.block_size, f);

    if (code != 0 || (code = ext4_map_load(fs, inode, map, f)) != 0 ||
        (code = ext4_map_read(fs, map, (uint8_t *)target, &end, f)) != 0)
        return code;
    if (end == map->size)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "a symbolic link of %llu bytes without its block",
                     ull(inode->size));
}

int ext4_symlink_read(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                      char *target, struct fault *f)
{
    int code;

    if (!inode->is_fast_symlink)
        code = read_mapped(fs, inode, map, target, f);
    else if ((code = check_size(inode, INODE_BLOCK_BYTES, f)) == 0)
        memcpy(target, ext4_inode_block(inode), (size_t)inode->size);
    if (code == 0 && memchr(target, '\0', (size_t)inode->size))
        code = fault_set(f, FAULT_DAMAGED, "a symbolic link with a NUL in its %llu bytes",
                         ull(inode->size));
    if (code != 0)
        return fault_prefix(f, "inode %u", inode->number);
    target[inode->size] = '\0';
    return 0;
}
