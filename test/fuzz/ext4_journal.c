/* SPDX-License-Identifier: MIT */
/* Fuzzes recovery.  Input: a byte (1: the journal has holes; 2: the checksum of its superblock is
 * taken as it is, else made right), the block of the log that the input's first goes to (2 bytes),
 * 256 bytes of the journal's superblock, then blocks of 1 KiB; the log is zeros elsewhere. */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"
#include "ext4/inode.h"
#include "ext4/jbd2.h"
#include "ext4/journal.h"
#include "ext4_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    BLOCK = 1024,
    SUPER_BYTES = 256,
    HEAD_BYTES = 3 + SUPER_BYTES,
    MAX_SIZE = HEAD_BYTES + 64 * BLOCK,
    JOURNAL_INO = 8,
    JOURNAL_BLOCKS = 1024,
    INODE_BYTES = 256,
    DESCRIPTORS = 2, /* a block, as the following */
    BITMAP = 3,
    INODE_TABLE = 4,
    HALF = 600, /* blocks of the journal up to here are behind the others */
    LATER_BLOCKS = 8,
    FIRST_BLOCKS = 700,
    HOLE = 40,
    HOLE_BLOCKS = 4,
    BLOCKS = FIRST_BLOCKS + HALF,
};

static uint8_t device[BLOCKS * BLOCK];

/* The block of the device that a block of the journal is in. */
static uint32_t block_of(uint32_t n)
{
    return n < HALF ? FIRST_BLOCKS + n : LATER_BLOCKS + n - HALF;
}

static void put_extent(uint8_t *p, uint32_t logical, uint32_t blocks)
{
    put_le32(p, logical);
    put_le16(p + 4, (uint16_t)blocks);
    put_le32(p + 8, block_of(logical));
}

static void make_inode(uint8_t *p, bool holes)
{
    uint8_t *root = p + INODE_BLOCK;

    memset(p, 0, INODE_BYTES);
    put_le16(p, 0100600);
    put_le32(p + 0x04, JOURNAL_BLOCKS * BLOCK);
    put_le16(p + 0x1a, 1);
    put_le32(p + 0x20, FLAG_EXTENTS);
    put_le16(root, 0xf30a);
    put_le16(root + 2, holes ? 3 : 2);
    put_le16(root + 4, 4);
    root += 12;
    put_extent(root, 0, holes ? HOLE : HALF);
    if (holes)
        put_extent(root += 12, HOLE + HOLE_BLOCKS, HALF - HOLE - HOLE_BLOCKS);
    put_extent(root + 12, HALF, JOURNAL_BLOCKS - HALF);
}

static void make_super(const uint8_t *data, bool as_it_is)
{
    uint8_t *p = device + block_of(0) * BLOCK;
    uint32_t crc;

    memset(p, 0, BLOCK);
    memcpy(p, data, SUPER_BYTES);
    if (as_it_is)
        return;
    memset(p + 252, 0, 4);
    crc = crc32c(~0U, p, BLOCK);
    for (int i = 0; i < 4; i++)
        p[252 + i] = (uint8_t)(crc >> (24 - 8 * i));
}

/* Blocks of the log, or zeros for them again. */
static void put_log(uint32_t first, const uint8_t *data, size_t size)
{
    for (uint32_t i = 0; i * BLOCK < size; i++) {
        uint8_t *p = device + block_of(1 + (first + i) % (JOURNAL_BLOCKS - 1)) * BLOCK;

        memset(p, 0, BLOCK);
        if (data)
            memcpy(p, data + i * BLOCK, min_u64(BLOCK, size - i * BLOCK));
    }
}

static bool is_of_log(uint64_t where)
{
    uint64_t block = where / BLOCK;

    return where % BLOCK == 0 && ((block > FIRST_BLOCKS && block < BLOCKS) ||
                                  (block >= LATER_BLOCKS && block < block_of(JOURNAL_BLOCKS)));
}

static void check_rewrites(const struct ext4_journal *j)
{
    if (j->count >= JOURNAL_BLOCKS || j->transactions >= JOURNAL_BLOCKS)
        abort();
    for (size_t i = 0; i < j->count; i++) {
        const struct ext4_rewrite *w = &j->rewrites[i];

        if (!is_of_log(w->where) || (i > 0 && w->block <= w[-1].block))
            abort();
    }
}

/* The rewrite of a block, or the first after it, or NULL. */
static const struct ext4_rewrite *rewrite_from(const struct ext4_journal *j, uint64_t block)
{
    size_t i = 0;

    while (i < j->count && j->rewrites[i].block < block)
        i++;
    return i < j->count ? &j->rewrites[i] : NULL;
}

/* Where byte `offset` of the replayed device is to come from, and how many go on from there. */
static const uint8_t *expected(const struct ext4_journal *j, uint64_t offset, uint64_t *length)
{
    const struct ext4_rewrite *w = rewrite_from(j, offset / BLOCK);
    uint64_t within = offset % BLOCK;

    *length = (w ? w->block : (uint64_t)BLOCKS) * BLOCK - offset;
    if (!w || w->block != offset / BLOCK)
        return device + offset;
    *length = BLOCK - within;
    if (!w->escaped || within >= sizeof(jbd2_magic))
        return device + w->where + within;
    *length = sizeof(jbd2_magic) - within;
    return jbd2_magic + within;
}

/* The whole device, extent by extent. */
static void check_map(struct source *replay, const struct ext4_journal *j)
{
    struct extent x;
    struct fault f;
    uint64_t length;

    for (uint64_t offset = 0; offset < replay->size; offset += x.length)
        if (source_map(replay, offset, replay->size - offset, &x, &f) != 0 ||
            x.kind != EXTENT_MEMORY || x.memory != expected(j, offset, &length) ||
            x.length > length)
            abort();
}

static void recover(struct ext4 *fs)
{
    struct ext4_journal journal = {0};
    struct source *replay;
    struct fault f;

    if (ext4_journal_load(fs, &journal, &f) == 0) {
        check_rewrites(&journal);
        if (ext4_replay_open(fs->device, BLOCK, &journal, &replay, &f) != 0)
            abort();
        check_map(replay, &journal);
        source_close(replay);
    }
    ext4_journal_free(&journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *memory;
    struct fault f;
    struct ext4 *fs;

    if (size < HEAD_BYTES || size > MAX_SIZE)
        return 0;
    put_le32(device + DESCRIPTORS * BLOCK, BITMAP);
    put_le32(device + DESCRIPTORS * BLOCK + 8, INODE_TABLE);
    make_inode(device + INODE_TABLE * BLOCK + (JOURNAL_INO - 1) * INODE_BYTES, data[0] & 1);
    make_super(data + 3, data[0] & 2);
    put_log(le16_at(data + 1), data + HEAD_BYTES, size - HEAD_BYTES);
    if (source_from_memory(device, sizeof(device), "input", &memory, &f) != 0)
        abort();
    fs = fuzz_fs_open(memory, BLOCKS);
    fs->super.first_data_block = 1;
    fs->super.blocks_per_group = 8192;
    fs->super.group_count = 1;
    fs->super.inodes_count = fs->super.inodes_per_group = 8;
    fs->super.desc_size = 32;
    fs->super.journal_inum = JOURNAL_INO;
    recover(fs);
    fuzz_fs_close(fs);
    put_log(le16_at(data + 1), NULL, size - HEAD_BYTES);
    return 0;
}
