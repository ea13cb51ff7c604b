/* SPDX-License-Identifier: MIT */
/* The superblock: decoded, checked, and its features accepted or refused by name. */
#include "ext4/super.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"

enum {
    SUPER_MAGIC = 0xef53,
    GOOD_OLD_REV = 0,
    DYNAMIC_REV = 1,
    GOOD_OLD_FIRST_INO = 11,
    CHECKSUM_CRC32C = 1,
    CHECKSUM_OFFSET = 0x3fc,
    DESC_SIZE = 32,
    MAX_DESC_SIZE = 1024,
    MAX_LOG_CLUSTER_SIZE = 20, /* 1 GiB */
};

uint64_t ext4_super_blocks_count(const uint8_t *bytes)
{
    uint64_t high = le32_at(bytes + 0x60) & INCOMPAT_64BIT ? le32_at(bytes + 0x150) : 0;

    return le32_at(bytes + 0x04) | high << 32;
}

static void decode(const uint8_t *p, struct ext4_super *s)
{
    *s = (struct ext4_super){
        .inodes_count = le32_at(p),
        .blocks_count = ext4_super_blocks_count(p),
        .first_data_block = le32_at(p + 0x14),
        .log_block_size = le32_at(p + 0x18),
        .blocks_per_group = le32_at(p + 0x20),
        .inodes_per_group = le32_at(p + 0x28),
        .state = le16_at(p + 0x3a),
        .creator_os = le32_at(p + 0x48),
        .rev_level = le32_at(p + 0x4c),
        .first_ino = le32_at(p + 0x54),
        .inode_size = le16_at(p + 0x58),
        .block_group_nr = le16_at(p + 0x5a),
        .compat = le32_at(p + 0x5c),
        .incompat = le32_at(p + 0x60),
        .ro_compat = le32_at(p + 0x64),
        .journal_inum = le32_at(p + 0xe0),
        .desc_size = DESC_SIZE,
        .first_meta_bg = le32_at(p + 0x104),
        .checksum_type = p[0x175],
        .backup_groups = {le32_at(p + 0x24c), le32_at(p + 0x250)},
    };
    memcpy(s->uuid, p + 0x68, sizeof(s->uuid));
    if (s->rev_level == GOOD_OLD_REV) {
        s->first_ino = GOOD_OLD_FIRST_INO;
        s->inode_size = EXT4_MIN_INODE_SIZE;
    }
    if (s->incompat & INCOMPAT_64BIT)
        s->desc_size = le16_at(p + 0xfe);
    s->checksum_seed = s->incompat & INCOMPAT_CSUM_SEED ? le32_at(p + 0x270)
                                                        : crc32c(~0U, s->uuid, sizeof(s->uuid));
}

bool ext4_super_detect(const uint8_t *bytes)
{
    return le16_at(bytes + 0x38) == SUPER_MAGIC;
}

static int check_identity(const uint8_t *p, bool verify, const struct ext4_super *s,
                          struct fault *f)
{
    uint32_t stored = le32_at(p + CHECKSUM_OFFSET);
    uint32_t computed;

    if (!ext4_super_detect(p))
        return fault_set(f, FAULT_DAMAGED,
                         "no ext2, ext3 or ext4 file system: the magic number at offset %d is "
                         "0x%04x, not 0x%04x",
                         EXT4_SUPER_OFFSET + 0x38, le16_at(p + 0x38), SUPER_MAGIC);
    if (s->rev_level > DYNAMIC_REV)
        return fault_set(f, FAULT_UNSUPPORTED, "revision %u of the format is not supported",
                         s->rev_level);
    if (!ext4_has_metadata_csum(s))
        return 0;
    if (s->checksum_type != CHECKSUM_CRC32C)
        return fault_set(f, FAULT_UNSUPPORTED, "metadata checksums of type %u are not supported",
                         s->checksum_type);
    computed = crc32c(~0U, p, CHECKSUM_OFFSET);
    if (verify && computed != stored)
        return fault_set(f, FAULT_DAMAGED, "superblock: checksum 0x%08x, computed 0x%08x", stored,
                         computed);
    return 0;
}

/* Sizes of blocks, inodes and descriptors; sets block_size. */
static int check_sizes(struct ext4_super *s, struct fault *f)
{
    if (s->log_block_size > EXT4_MAX_LOG_BLOCK_SIZE)
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: block size 1024 << %u is more than 1024 << %d",
                         s->log_block_size, EXT4_MAX_LOG_BLOCK_SIZE);
    s->block_size = 1024U << s->log_block_size;
    if (!is_power_of_2(s->inode_size) || s->inode_size < EXT4_MIN_INODE_SIZE ||
        s->inode_size > s->block_size)
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: inode size %u is not a power of two from %d to %u",
                         s->inode_size, EXT4_MIN_INODE_SIZE, s->block_size);
    if (s->incompat & INCOMPAT_64BIT &&
        (!is_power_of_2(s->desc_size) || s->desc_size < EXT4_DESC_64BIT_BYTES ||
         s->desc_size > MAX_DESC_SIZE))
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: group descriptor size %u is not a power of two from %d to %d",
                         s->desc_size, EXT4_DESC_64BIT_BYTES, MAX_DESC_SIZE);
    return 0;
}

/* Clusters are blocks, but for bigalloc; sets cluster_ratio. */
static int check_clusters(const uint8_t *p, struct ext4_super *s, struct fault *f)
{
    uint32_t log_cluster_size = le32_at(p + 0x1c);
    uint32_t clusters_per_group = le32_at(p + 0x24);

    s->cluster_ratio = 1;
    if (!(s->ro_compat & RO_COMPAT_BIGALLOC))
        return 0;
    if (log_cluster_size < s->log_block_size || log_cluster_size > MAX_LOG_CLUSTER_SIZE)
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: cluster size 1024 << %u, must be 1024 << %u to %d",
                         log_cluster_size, s->log_block_size, MAX_LOG_CLUSTER_SIZE);
    s->cluster_ratio = 1U << (log_cluster_size - s->log_block_size);
    if ((uint64_t)clusters_per_group * s->cluster_ratio != s->blocks_per_group)
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: %u blocks per group, but %u clusters of %u blocks",
                         s->blocks_per_group, clusters_per_group, s->cluster_ratio);
    return 0;
}

/* Block 0 of 1 KiB is none of any group, unless it is part of a larger cluster. */
static int check_first_block(const struct ext4_super *s, struct fault *f)
{
    uint32_t first = s->block_size == 1024 && s->cluster_ratio == 1;

    if (s->first_data_block == first)
        return 0;
    return fault_set(f, FAULT_DAMAGED,
                     "superblock: first data block %u, must be %u with blocks of %u bytes",
                     s->first_data_block, first, s->block_size);
}

/* How blocks and inodes are shared out to groups; sets group_count. */
static int check_groups(struct ext4_super *s, struct fault *f)
{
    uint32_t bits = 8 * s->block_size; /* what one bitmap block can tell of */
    uint32_t first = s->first_data_block;
    uint64_t groups, bytes;

    if (s->blocks_count <= ext4_super_block(s) ||
        !mul_u64(s->blocks_count, s->block_size, &bytes) || bytes > INT64_MAX)
        return fault_set(f, FAULT_DAMAGED, "superblock: a block count of %llu makes no sense",
                         (unsigned long long)s->blocks_count);
    if (s->blocks_per_group == 0 || s->blocks_per_group / s->cluster_ratio > bits)
        return fault_set(f, FAULT_DAMAGED, "superblock: %u blocks per group, must be 1 to %llu",
                         s->blocks_per_group, ull((uint64_t)bits * s->cluster_ratio));
    if (s->inodes_per_group == 0 || s->inodes_per_group > bits)
        return fault_set(f, FAULT_DAMAGED, "superblock: %u inodes per group, must be 1 to %u",
                         s->inodes_per_group, bits);
    groups = div_round_up(s->blocks_count - first, s->blocks_per_group);
    if (groups * s->inodes_per_group != s->inodes_count || groups > UINT32_MAX)
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: %u inodes, but %llu groups of %u inodes each",
                         s->inodes_count, (unsigned long long)groups, s->inodes_per_group);
    s->group_count = (uint32_t)groups;
    if (s->first_ino < GOOD_OLD_FIRST_INO || s->first_ino > s->inodes_count)
        return fault_set(f, FAULT_DAMAGED, "superblock: first free inode %u, must be %d to %u",
                         s->first_ino, GOOD_OLD_FIRST_INO, s->inodes_count);
    return 0;
}

int ext4_super_decode(const uint8_t *bytes, bool verify, struct ext4_super *s, struct fault *f)
{
    int code;

    decode(bytes, s);
    if ((code = check_identity(bytes, verify, s, f)) != 0 ||
        (code = ext4_features_check(s, f)) != 0 || (code = check_sizes(s, f)) != 0 ||
        (code = check_clusters(bytes, s, f)) != 0 || (code = check_first_block(s, f)) != 0)
        return code;
    return check_groups(s, f);
}

static bool is_power_of(uint32_t n, uint32_t base)
{
    while (n % base == 0)
        n /= base;
    return n == 1;
}

bool ext4_group_has_super(const struct ext4_super *s, uint32_t group)
{
    if (group == 0)
        return true;
    if (s->compat & COMPAT_SPARSE_SUPER2)
        return group == s->backup_groups[0] || group == s->backup_groups[1];
    if (!(s->ro_compat & RO_COMPAT_SPARSE_SUPER) || group == 1)
        return true;
    return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}
