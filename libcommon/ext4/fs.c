/* SPDX-License-Identifier: MIT */
/* Opening a file system, and what its modules share: blocks and checksums. */
#include "ext4/fs.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"

/* Inode tables are visited in the order of names: enough to hold those of a large directory. */
enum { READER_CACHE_BYTES = 32 << 20 };

/* s_state */
enum { STATE_VALID = 1, STATE_ERROR = 2 };

static int read_super(struct ext4 *fs, struct fault *f)
{
    uint8_t bytes[EXT4_SUPER_BYTES];
    int code;

    code = source_require(fs->device, EXT4_SUPER_OFFSET, EXT4_SUPER_BYTES, "the superblock", f);
    if (code == 0)
        code = reader_read(fs->reader, EXT4_SUPER_OFFSET, bytes, sizeof(bytes), f);
    if (code == 0)
        code = ext4_super_decode(bytes, &fs->super, f);
    return code;
}

/* There is nothing to replay, but how the file system was left is worth a word.  Orphans (inodes
 * that were open when they lost their last name) need none: they are not in the tree. */
static void tell_state(const struct ext4_super *s, const struct notices *notices)
{
    if (s->state & STATE_ERROR)
        notice(notices, NOTICE_INFO, NULL, "the file system is marked as having errors");
    else if (!(s->state & STATE_VALID))
        notice(notices, NOTICE_INFO, NULL,
               "the file system was not cleanly unmounted and has no journal to replay");
}

int ext4_require_whole(struct ext4 *fs, struct fault *f)
{
    return source_require(fs->device, 0, fs->super.blocks_count * fs->super.block_size,
                          "the file system", f);
}

int ext4_open(struct source *device, const struct notices *notices, struct ext4 **out,
              struct fault *f)
{
    struct ext4 *fs = calloc(1, sizeof(*fs));
    int code;

    if (!fs)
        return fault_memory(f, "a file system", sizeof(*fs));
    fs->device = device;
    if ((code = reader_open(device, READER_CACHE_BYTES, &fs->reader, f)) != 0 ||
        (code = read_super(fs, f)) != 0)
        goto fail;
    if (device->size != SIZE_UNKNOWN && (code = ext4_require_whole(fs, f)) != 0)
        goto fail;
    fs->tree = malloc((size_t)fs->super.block_size * (EXT4_TREE_DEPTH + 1));
    if (!fs->tree) {
        code = fault_memory(f, "block buffers", fs->super.block_size * (EXT4_TREE_DEPTH + 1ULL));
        goto fail;
    }
    fs->block = fs->tree + (size_t)fs->super.block_size * EXT4_TREE_DEPTH;
    tell_state(&fs->super, notices);
    *out = fs;
    return 0;
fail:
    ext4_close(fs);
    return code;
}

void ext4_close(struct ext4 *fs)
{
    if (!fs)
        return;
    free(fs->tree);
    reader_close(fs->reader);
    free(fs);
}

bool ext4_blocks_valid(const struct ext4 *fs, uint64_t block, uint64_t count)
{
    return block > fs->super.first_data_block && range_within(block, count, fs->super.blocks_count);
}

int ext4_read_block(struct ext4 *fs, uint64_t block, uint8_t *buffer, struct fault *f)
{
    return reader_read(fs->reader, block * fs->super.block_size, buffer, fs->super.block_size, f);
}

uint32_t ext4_inode_seed(const struct ext4 *fs, uint32_t number, uint32_t generation)
{
    uint8_t bytes[8];

    put_le32(bytes, number);
    put_le32(bytes + 4, generation);
    return crc32c(fs->super.checksum_seed, bytes, sizeof(bytes));
}

int ext4_checksum_compare(uint32_t stored, uint32_t computed, struct fault *f)
{
    if (stored == computed)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "checksum 0x%x, computed 0x%x", stored, computed);
}
