/* SPDX-License-Identifier: MIT */
/* Fuzzes the superblock and group descriptors.  Input: a byte (1: keep_going, 2: no_verify), then a
 * device from its byte 1024 on. */
#include <string.h>

#include "base/checked.h"
#include "ext4_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SIZE = 256 << 10 };

/* What the rest of the code takes for granted. */
static void check_super(const struct ext4_super *s)
{
    uint64_t bytes;

    if (s->block_size != 1024U << s->log_block_size || s->block_size > 65536 ||
        !is_power_of_2(s->inode_size) || s->inode_size < EXT4_MIN_INODE_SIZE ||
        s->inode_size > s->block_size)
        abort();
    if (!is_power_of_2(s->desc_size) || s->desc_size < 32 || s->desc_size > 1024)
        abort();
    if (s->cluster_ratio == 0 || s->blocks_per_group == 0 ||
        s->blocks_per_group / s->cluster_ratio > 8 * s->block_size || s->inodes_per_group == 0 ||
        s->inodes_per_group > 8 * s->block_size)
        abort();
    if (!mul_u64(s->blocks_count, s->block_size, &bytes) || bytes > INT64_MAX ||
        s->blocks_count <= ext4_super_block(s) || s->group_count == 0 ||
        ext4_group_first_block(s, s->group_count - 1) >= s->blocks_count ||
        s->blocks_count - ext4_group_first_block(s, s->group_count - 1) > s->blocks_per_group)
        abort();
    if ((uint64_t)s->group_count * s->inodes_per_group != s->inodes_count ||
        s->first_ino > s->inodes_count)
        abort();
}

static void check_group(struct ext4 *fs, uint32_t number)
{
    const struct ext4_super *s = &fs->super;
    const struct ext4_group *g;
    struct fault f;

    if (ext4_group_where(s, number) < EXT4_SUPER_OFFSET + EXT4_SUPER_BYTES)
        abort();
    if (number == 0 && !ext4_group_has_super(s, number))
        abort();
    if (ext4_group_has_super(s, number) && ext4_group_base_blocks(s, number) == 0)
        abort();
    if (ext4_group_get(fs, number, &g, &f) != 0) {
        if (f.text[0] == '\0')
            abort();
        return;
    }
    if (!g->known || g->number != number ||
        !ext4_blocks_valid(fs, g->inode_table, ext4_inode_table_blocks(s)) ||
        !ext4_blocks_valid(fs, g->block_bitmap, 1))
        abort();
}

static void look(struct ext4 *fs)
{
    uint32_t count = fs->super.group_count;
    uint32_t per_block = fs->super.block_size / fs->super.desc_size;
    const uint32_t numbers[] = {
        0, 1, 2, per_block - 1, per_block, per_block + 1, 2 * per_block, count / 2, count - 1, 0,
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        if (numbers[i] < count)
            check_group(fs, numbers[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *device;
    struct fault f;
    struct ext4 *fs;
    uint8_t *bytes;
    size_t length;

    if (size < 1 + EXT4_SUPER_BYTES || size > MAX_SIZE)
        return 0;
    length = size - 1 + EXT4_SUPER_OFFSET;
    bytes = calloc(1, length);
    if (!bytes)
        abort();
    memcpy(bytes + EXT4_SUPER_OFFSET, data + 1, size - 1);
    if (source_from_memory(bytes, length, "input", &device, &f) != 0)
        abort();
    fs = fuzz_fs_open(device, 64);
    fs->options.keep_going = data[0] & 1;
    fs->options.no_verify = data[0] & 2;
    if (ext4_super_decode(data + 1, !fs->options.no_verify, &fs->super, &f) == 0) {
        check_super(&fs->super);
        look(fs);
    }
    fuzz_fs_close(fs);
    free(bytes);
    return 0;
}
