/* SPDX-License-Identifier: MIT */
/* Checks of file systems that take a few fields each. */
#include "probe/filesystem.h"

#include "base/bytes.h"
#include "base/checked.h"

static bool power_within(uint64_t n, uint64_t min, uint64_t max)
{
    return is_power_of_2(n) && n >= min && n <= max;
}

/* A size that is noted as a number and as its logarithm. */
static bool agrees(uint64_t bytes, uint32_t log)
{
    return log < 64 && bytes == UINT64_C(1) << log;
}

/* XFS Algorithms & Data Structures, "Superblocks"; big-endian. */
bool probe_is_xfs(const struct probe_super *s)
{
    uint32_t sb_blocksize = be32_at(s->bytes + 4);
    uint32_t sb_agcount = be32_at(s->bytes + 88);
    uint16_t sb_sectsize = be16_at(s->bytes + 102);

    return power_within(sb_blocksize, 512, 65536) && agrees(sb_blocksize, s->bytes[120]) &&
           power_within(sb_sectsize, 512, 32768) && agrees(sb_sectsize, s->bytes[121]) &&
           sb_agcount > 0;
}

bool probe_is_jfs(const struct probe_super *s)
{
    uint32_t s_version = le32_at(s->bytes + 4);
    uint32_t s_bsize = le32_at(s->bytes + 16);

    return (s_version == 1 || s_version == 2) && power_within(s_bsize, 512, 4096) &&
           agrees(s_bsize, le16_at(s->bytes + 20));
}

/* Its magic number has only two bytes; there was never another revision than 2.0. */
bool probe_is_nilfs2(const struct probe_super *s)
{
    uint32_t s_rev_level = le32_at(s->bytes);
    uint16_t s_minor_rev_level = le16_at(s->bytes + 4);
    uint16_t s_bytes = le16_at(s->bytes + 8);
    uint32_t s_log_block_size = le32_at(s->bytes + 20);

    return s_rev_level == 2 && s_minor_rev_level == 0 && s_bytes > 0 && s_bytes <= 1024 &&
           s_log_block_size <= 6;
}

bool probe_is_f2fs(const struct probe_super *s)
{
    uint32_t log_sectorsize = le32_at(s->bytes + 8);
    uint32_t log_sectors_per_block = le32_at(s->bytes + 12);
    uint32_t log_blocksize = le32_at(s->bytes + 16);

    return log_sectorsize >= 9 && log_sectorsize <= 16 && log_blocksize >= 12 &&
           log_blocksize <= 16 && log_sectors_per_block == log_blocksize - log_sectorsize;
}

/* A metadata header of the type of a superblock; 1801 and 1900 began with GFS2. */
bool probe_is_gfs2(const struct probe_super *s)
{
    uint32_t mh_type = be32_at(s->bytes + 4);
    uint32_t sb_fs_format = be32_at(s->bytes + 24);
    uint32_t sb_multihost_format = be32_at(s->bytes + 28);

    return mh_type == 1 && sb_fs_format / 100 == 18 && sb_multihost_format / 100 == 19;
}

/* The superblock is block 2, whatever a block's size. */
bool probe_is_ocfs2(const struct probe_super *s)
{
    uint32_t s_blocksize_bits = le32_at(s->bytes + 0xf8);

    return agrees(s->offset / 2, s_blocksize_bits);
}

bool probe_is_squashfs(const struct probe_super *s)
{
    uint32_t block_size = le32_at(s->bytes + 12);
    uint16_t s_major = le16_at(s->bytes + 28);

    return s_major == 4 && power_within(block_size, 4096, 1 << 20) &&
           agrees(block_size, le16_at(s->bytes + 22));
}

bool probe_is_erofs(const struct probe_super *s)
{
    uint8_t blkszbits = s->bytes[12];

    return blkszbits >= 9 && blkszbits <= 16;
}

/* ECMA-119, 8.1: any volume descriptor but the one that ends the set may come first. */
bool probe_is_iso9660(const struct probe_super *s)
{
    return s->bytes[0] <= 3 && s->bytes[6] == 1;
}

/* Apple's Technical Note 1150, "Volume Header": HFSX counts its versions on. */
bool probe_is_hfsplus(const struct probe_super *s)
{
    uint16_t version = be16_at(s->bytes + 2);
    uint32_t blockSize = be32_at(s->bytes + 40);
    uint32_t totalBlocks = be32_at(s->bytes + 44);

    return version == (s->bytes[1] == 'X' ? 5 : 4) && is_power_of_2(blockSize) &&
           blockSize >= 512 && totalBlocks > 0;
}

/* Apple File System Reference: an ephemeral object (0x80000000) of the type of a container's
 * superblock (1), which has no subtype, and 1 as its identifier. */
bool probe_is_apfs(const struct probe_super *s)
{
    uint64_t o_oid = le64_at(s->bytes + 8);
    uint32_t o_type = le32_at(s->bytes + 24);
    uint32_t o_subtype = le32_at(s->bytes + 28);
    uint32_t nx_block_size = le32_at(s->bytes + 36);

    return o_oid == 1 && o_type == 0x80000001 && o_subtype == 0 &&
           power_within(nx_block_size, 4096, 65536);
}
