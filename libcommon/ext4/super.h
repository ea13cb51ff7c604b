/* SPDX-License-Identifier: MIT */
/* The superblock: decoded, checked, and its features accepted or refused by name. */
#ifndef EXT4_SUPER_H
#define EXT4_SUPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

/* Feature bits that change how something is read.  All names are in feature.c. */
enum ext4_compat {
    COMPAT_HAS_JOURNAL = 0x4,
    COMPAT_SPARSE_SUPER2 = 0x200,
};
enum ext4_incompat {
    INCOMPAT_FILETYPE = 0x2,
    INCOMPAT_RECOVER = 0x4,
    INCOMPAT_JOURNAL_DEV = 0x8,
    INCOMPAT_META_BG = 0x10,
    INCOMPAT_EXTENTS = 0x40,
    INCOMPAT_64BIT = 0x80,
    INCOMPAT_MMP = 0x100,
    INCOMPAT_FLEX_BG = 0x200,
    INCOMPAT_CSUM_SEED = 0x2000,
    INCOMPAT_LARGEDIR = 0x4000,
};
enum ext4_ro_compat {
    RO_COMPAT_SPARSE_SUPER = 0x1,
    RO_COMPAT_HUGE_FILE = 0x8,
    RO_COMPAT_GDT_CSUM = 0x10,
    RO_COMPAT_SNAPSHOT = 0x80,
    RO_COMPAT_BIGALLOC = 0x200,
    RO_COMPAT_METADATA_CSUM = 0x400,
    RO_COMPAT_SHARED_BLOCKS = 0x4000,
};

enum { EXT4_ROOT_INO = 2, EXT4_MIN_INODE_SIZE = 128, EXT4_UUID_BYTES = 16 };

/* What the rest needs of the superblock, in host order.  Valid once ext4_super_decode said so. */
struct ext4_super {
    uint64_t blocks_count;
    uint32_t block_size; /* bytes, 1024 to 65536 */
    uint32_t first_data_block;
    uint32_t blocks_per_group;
    uint32_t group_count;
    uint32_t inodes_count;
    uint32_t inodes_per_group;
    uint32_t inode_size; /* bytes, 128 to block_size */
    uint32_t first_ino;  /* the first that is not reserved */
    uint32_t desc_size;  /* bytes of a group descriptor, 32 to 1024 */
    uint32_t compat, incompat, ro_compat;
    uint32_t first_meta_bg;
    uint32_t backup_groups[2]; /* with sparse_super2 */
    uint32_t creator_os;
    uint32_t log_block_size;
    uint32_t rev_level;
    uint32_t checksum_type;
    uint32_t checksum_seed; /* metadata_csum: what every checksum but this block's starts from */
    uint32_t state;
    uint32_t journal_inum;
    uint8_t uuid[EXT4_UUID_BYTES];
};

enum { EXT4_SUPER_OFFSET = 1024, EXT4_SUPER_BYTES = 1024 };

/* Decode and check the EXT4_SUPER_BYTES bytes of a superblock. */
int ext4_super_decode(const uint8_t *bytes, struct ext4_super *s, struct fault *f);

/* 0 if every feature can be read, else FAULT_UNSUPPORTED with its name. */
int ext4_features_check(const struct ext4_super *s, struct fault *f);

static inline bool ext4_has_metadata_csum(const struct ext4_super *s)
{
    return s->ro_compat & RO_COMPAT_METADATA_CSUM;
}

#endif
