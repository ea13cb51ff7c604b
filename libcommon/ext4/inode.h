/* SPDX-License-Identifier: MIT */
/* What the modules know of inodes beside the public part. */
#ifndef EXT4_INODE_H
#define EXT4_INODE_H

#include "ext4/fs.h"

/* i_flags */
enum ext4_inode_flag {
    FLAG_ENCRYPT = 0x800,
    FLAG_INDEX = 0x1000, /* a directory with a hash tree */
    FLAG_HUGE_FILE = 0x40000,
    FLAG_EXTENTS = 0x80000,
    FLAG_EA_INODE = 0x200000, /* holds the value of an attribute */
    FLAG_INLINE_DATA = 0x10000000,
};

enum {
    INODE_BLOCK = 0x28, /* i_block: extent root, block numbers, target or device */
    INODE_BLOCK_BYTES = 60,
    INODE_EXTRA = 0x80, /* where the fixed fields of larger inodes start */
};

/* The time of a field and of its _extra field (0 if the inode has none): 34 bits of signed seconds,
 * of which the extra field has the upper two, and 30 bits of nanoseconds. */
struct ext4_time ext4_time_decode(uint32_t seconds, uint32_t extra);

/* FAULT_DAMAGED unless the type that a directory's record gives a name (0: none) is its inode's. */
int ext4_check_file_type(uint32_t number, enum ext4_type type, uint8_t file_type, struct fault *f);

/* FAULT_DAMAGED unless the inode can be one that has a name. */
int ext4_check_named(const struct ext4_inode *inode, struct fault *f);

/* The i_block area. */
static inline const uint8_t *ext4_inode_block(const struct ext4_inode *inode)
{
    return inode->raw + INODE_BLOCK;
}

/* Where bytes of inode->raw are on the device. */
static inline uint64_t ext4_inode_where(const struct ext4_inode *inode, const uint8_t *bytes)
{
    return inode->where + (uint64_t)(bytes - inode->raw);
}

#endif
