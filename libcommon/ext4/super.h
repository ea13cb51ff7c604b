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
    INCOMPAT_EA_INODE = 0x400,
    INCOMPAT_CSUM_SEED = 0x2000,
    INCOMPAT_LARGEDIR = 0x4000,
    INCOMPAT_INLINE_DATA = 0x8000,
    INCOMPAT_ENCRYPT = 0x10000,
    INCOMPAT_CASEFOLD = 0x20000,
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

enum {
    EXT4_ROOT_INO = 2,
    EXT4_MIN_INODE_SIZE = 128,
    EXT4_UUID_BYTES = 16,
    EXT4_DESC_64BIT_BYTES = 64,  /* group descriptors of this size and up have upper halves */
    EXT4_MAX_LOG_BLOCK_SIZE = 6, /* 1024 << 6 bytes */
};

/* What the rest needs of the superblock, in host order.  Valid once ext4_super_decode said so. */
struct ext4_super {
    uint64_t blocks_count;
    uint32_t block_size; /* bytes, 1024 to 65536 */
    uint32_t first_data_block;
    uint32_t cluster_ratio; /* blocks in a cluster, what is allocated at once; 1 without bigalloc */
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
    uint32_t block_group_nr; /* of the group whose copy this is */
    uint8_t uuid[EXT4_UUID_BYTES];
};

enum { EXT4_SUPER_OFFSET = 1024, EXT4_SUPER_BYTES = 1024 };

/* s_state */
enum ext4_state { STATE_VALID = 1, STATE_ERROR = 2 };

/* Decode and check the EXT4_SUPER_BYTES bytes of a superblock; its checksum only if `verify`. */
int ext4_super_decode(const uint8_t *bytes, bool verify, struct ext4_super *s, struct fault *f);

/* s_blocks_count as the bytes of a superblock have it, whatever else is in them. */
uint64_t ext4_super_blocks_count(const uint8_t *bytes);

/* Do the bytes of a superblock have its magic number? */
bool ext4_super_detect(const uint8_t *bytes);

/* The block that the superblock lies in. */
static inline uint32_t ext4_super_block(const struct ext4_super *s)
{
    return EXT4_SUPER_OFFSET / s->block_size;
}

/* How many blocks the inodes of a group take. */
static inline uint64_t ext4_inode_table_blocks(const struct ext4_super *s)
{
    uint64_t bytes = (uint64_t)s->inodes_per_group * s->inode_size;

    return bytes / s->block_size + (bytes % s->block_size != 0);
}

/* The first block of a group. */
static inline uint64_t ext4_group_first_block(const struct ext4_super *s, uint32_t group)
{
    return s->first_data_block + (uint64_t)group * s->blocks_per_group;
}

/* Does the group start with the superblock or a copy of it? */
bool ext4_group_has_super(const struct ext4_super *s, uint32_t group);

/* 0 if every feature can be read, else FAULT_UNSUPPORTED with its name. */
int ext4_features_check(const struct ext4_super *s, struct fault *f);

static inline bool ext4_has_metadata_csum(const struct ext4_super *s)
{
    return s->ro_compat & RO_COMPAT_METADATA_CSUM;
}

#endif
