/* SPDX-License-Identifier: MIT */
/* Symbolic links: their target is in the inode, or in a block. */
#include "ext4/symlink.h"

#include <string.h>

#include "ext4/map.h"

/* A target has at least one byte and, with a NUL, fits where it is stored. */
static int check_size(const struct ext4_inode *inode, uint32_t room, struct fault *f)
{
    if (inode->size > 0 && inode->size < room)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "inode %u: a symbolic link of %llu bytes, must be 1 to %u",
                     inode->number, (unsigned long long)inode->size, room - 1);
}

/* From a block, or from all the inode has room for (inline_data). */
static int read_mapped(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                       char *target, struct fault *f)
{
    uint64_t end;
    int code = check_size(inode, fs->super.block_size, f);

    if (code != 0 || (code = ext4_map_load(fs, inode, map, f)) != 0)
        return code;
    if (ext4_map_read(fs, map, target, &end, f) != 0)
        return fault_prefix(f, "inode %u", inode->number);
    if (end != inode->size)
        return fault_set(f, FAULT_DAMAGED,
                         "inode %u: a symbolic link of %llu bytes without its block", inode->number,
                         (unsigned long long)inode->size);
    return 0;
}

/* Is the target where else the block map is?  By the blocks that are counted for the inode; with
 * ea_inode, where blocks with values of attributes are among them, by the size, as Linux does. */
static bool is_fast(const struct ext4 *fs, const struct ext4_inode *inode)
{
    if (inode->flags & FLAG_INLINE_DATA)
        return false;
    if (fs->super.incompat & INCOMPAT_EA_INODE)
        return inode->size < INODE_BLOCK_BYTES;
    return !inode->has_blocks;
}

static int read_fast(const struct ext4_inode *inode, char *target, struct fault *f)
{
    int code = check_size(inode, INODE_BLOCK_BYTES, f);

    if (code == 0)
        memcpy(target, ext4_inode_block(inode), (size_t)inode->size);
    return code;
}

int ext4_symlink_read(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                      char *target, struct fault *f)
{
    int code =
        is_fast(fs, inode) ? read_fast(inode, target, f) : read_mapped(fs, inode, map, target, f);

    if (code != 0)
        return code;
    if (memchr(target, '\0', (size_t)inode->size))
        return fault_set(f, FAULT_DAMAGED, "inode %u: a symbolic link with a NUL in its %llu bytes",
                         inode->number, (unsigned long long)inode->size);
    target[inode->size] = '\0';
    return 0;
}
