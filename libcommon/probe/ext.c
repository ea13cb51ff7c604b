/* SPDX-License-Identifier: MIT */
/* Checks that tell ext2, ext3 and ext4 apart. */
#include "probe/ext.h"

#include "base/bytes.h"

/* Features by the bits of Linux's documentation (filesystems/ext4). */
enum {
    COMPAT_HAS_JOURNAL = 0x4,
    INCOMPAT_FILETYPE = 0x2,
    INCOMPAT_RECOVER = 0x4,
    INCOMPAT_JOURNAL_DEV = 0x8,
    INCOMPAT_META_BG = 0x10,
    RO_COMPAT_SPARSE_SUPER = 0x1,
    RO_COMPAT_LARGE_FILE = 0x2,
    RO_COMPAT_BTREE_DIR = 0x4,

    EXT2_INCOMPAT = INCOMPAT_FILETYPE | INCOMPAT_META_BG,
    EXT3_INCOMPAT = EXT2_INCOMPAT | INCOMPAT_RECOVER,
    EXT3_RO_COMPAT = RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_BTREE_DIR,
};

enum { MAX_LOG_BLOCK_SIZE = 6, DYNAMIC_REV = 1 };

static bool has_journal(const struct probe_super *s)
{
    return le32_at(s->bytes + 0x5c) & COMPAT_HAS_JOURNAL;
}

static uint32_t incompat(const struct probe_super *s)
{
    return le32_at(s->bytes + 0x60);
}

static uint32_t ro_compat(const struct probe_super *s)
{
    return le32_at(s->bytes + 0x64);
}

/* Its magic number has only two bytes. */
static bool is_plausible(const struct probe_super *s)
{
    uint32_t first_data_block = le32_at(s->bytes + 0x14);
    uint32_t log_block_size = le32_at(s->bytes + 0x18);
    uint32_t blocks_per_group = le32_at(s->bytes + 0x20);
    uint32_t rev_level = le32_at(s->bytes + 0x4c);

    return first_data_block <= 1 && log_block_size <= MAX_LOG_BLOCK_SIZE && blocks_per_group > 0 &&
           rev_level <= DYNAMIC_REV;
}

static bool is_file_system(const struct probe_super *s)
{
    uint32_t inodes_count = le32_at(s->bytes);
    uint32_t inodes_per_group = le32_at(s->bytes + 0x28);

    return is_plausible(s) && inodes_per_group > 0 && inodes_count >= inodes_per_group &&
           !(incompat(s) & INCOMPAT_JOURNAL_DEV);
}

bool probe_is_ext_journal(const struct probe_super *s)
{
    return is_plausible(s) && incompat(s) & INCOMPAT_JOURNAL_DEV;
}

bool probe_is_ext2(const struct probe_super *s)
{
    return is_file_system(s) && !has_journal(s) && !(incompat(s) & ~EXT2_INCOMPAT) &&
           !(ro_compat(s) & ~EXT3_RO_COMPAT);
}

bool probe_is_ext3(const struct probe_super *s)
{
    return is_file_system(s) && has_journal(s) && !(incompat(s) & ~EXT3_INCOMPAT) &&
           !(ro_compat(s) & ~EXT3_RO_COMPAT);
}

bool probe_is_ext4(const struct probe_super *s)
{
    return is_file_system(s) && (incompat(s) & ~EXT3_INCOMPAT || ro_compat(s) & ~EXT3_RO_COMPAT);
}
