/* SPDX-License-Identifier: MIT */
/* The checksums of a directory's blocks: of records, and of the hash tree that lies over them. */
#include "base/bytes.h"
#include "base/crc.h"
#include "ext4/dir.h"

enum {
    TAIL_BYTES = 12, /* a record without inode or name that holds the block's checksum */
    TAIL_FILE_TYPE = 0xde,
    HASH_ROOT_INFO = 24, /* in the first block, after the records of `.` and `..` */
    HASH_ROOT_ENTRIES = 32,
    HASH_NODE_ENTRIES = 8, /* in other blocks of the tree, after one empty record */
    HASH_ENTRY_BYTES = 8,
    HASH_TAIL_BYTES = 8,
};

/* Where the entries of a hash tree's block start, or 0 if the block is none. */
static uint32_t hash_entries(const struct ext4 *fs, const struct ext4_inode *dir, uint64_t number,
                             const uint8_t *block)
{
    uint32_t size = fs->super.block_size;
    uint32_t first = ext4_record_length(fs, le16_at(block + 4));

    if (!(dir->flags & FLAG_INDEX))
        return 0;
    if (number > 0)
        return le32_at(block) == 0 && first == size ? HASH_NODE_ENTRIES : 0;
    if (first != EXT4_RECORD_MIN_BYTES ||
        ext4_record_length(fs, le16_at(block + EXT4_RECORD_MIN_BYTES + 4)) !=
            size - EXT4_RECORD_MIN_BYTES ||
        le32_at(block + HASH_ROOT_INFO) != 0 || block[HASH_ROOT_INFO + 5] != 8)
        return 0;
    return HASH_ROOT_ENTRIES;
}

/* Over the entries in use, then over what lies after the room for entries, the checksum as zeros.
 */
static int check_hash_checksum(const struct ext4 *fs, uint32_t seed, const uint8_t *block,
                               uint32_t entries, struct fault *f)
{
    static const uint8_t zero[4];
    uint32_t room = (fs->super.block_size - entries - HASH_TAIL_BYTES) / HASH_ENTRY_BYTES;
    uint32_t limit = le16_at(block + entries);
    uint32_t count = le16_at(block + entries + 2);
    const uint8_t *tail;
    uint32_t crc;

    if (limit > room || count > limit)
        return fault_set(f, FAULT_DAMAGED, "hash tree: %u entries with room for %u of %u", count,
                         limit, room);
    tail = block + entries + limit * HASH_ENTRY_BYTES;
    crc = crc32c(seed, block, entries + count * HASH_ENTRY_BYTES);
    crc = crc32c(crc, tail, 4);
    crc = crc32c(crc, zero, sizeof(zero));
    return ext4_checksum_compare(le32_at(tail + 4), crc, f);
}

int ext4_dir_checksum(const struct ext4 *fs, const struct ext4_inode *dir, uint64_t number,
                      const uint8_t *block, struct fault *f)
{
    uint32_t end = fs->super.block_size - TAIL_BYTES;
    const uint8_t *tail = block + end;
    uint32_t seed, entries;

    if (!ext4_verifies(fs))
        return 0;
    seed = ext4_inode_seed(fs, dir->number, dir->generation);
    entries = hash_entries(fs, dir, number, block);
    if (entries != 0)
        return check_hash_checksum(fs, seed, block, entries, f);
    if (le32_at(tail) != 0 || le16_at(tail + 4) != TAIL_BYTES || tail[6] != 0 ||
        tail[7] != TAIL_FILE_TYPE)
        return fault_set(f, FAULT_DAMAGED, "no record with a checksum at the end");
    return ext4_checksum_compare(le32_at(tail + 8), crc32c(seed, block, end), f);
}
