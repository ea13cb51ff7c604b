/* SPDX-License-Identifier: MIT */
/* Inline data: what is small enough lies in the inode, in i_block and in an attribute. */
#include "ext4/map.h"
#include "ext4/xattr.h"

/* The first bytes are in i_block, the rest in the attribute.  A size that goes on from there, as
 * mke2fs gives files of zeros, means a hole, as it does to Linux and e2fsck. */
int ext4_inline_load(const struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                     struct fault *f)
{
    const uint8_t *rest = NULL;
    size_t rest_bytes = 0;
    int code = ext4_xattr_inline_data(fs, inode, &rest, &rest_bytes, f);

    if (code != 0)
        return code;
    code = ext4_map_add_bytes(map, ext4_inode_where(inode, ext4_inode_block(inode)),
                              INODE_BLOCK_BYTES, f);
    if (code != 0 || rest_bytes == 0)
        return code;
    return ext4_map_add_bytes(map, ext4_inode_where(inode, rest), rest_bytes, f);
}
