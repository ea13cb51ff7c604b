/* SPDX-License-Identifier: MIT */
/* Fuzzes block maps.  Input: a byte (1: extents, else indirect blocks; 2: with checksums), the size
 * (8 bytes), the 60 bytes of i_block, then blocks of 1 KiB, the first of which is block 1. */
#include <string.h>

#include "base/bytes.h"
#include "ext4/inode.h"
#include "ext4_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_BYTES = 9 + INODE_BLOCK_BYTES, MAX_SIZE = 64 << 10, BLOCK = 1024 };

static void check(const struct ext4_map *map, uint64_t device_size)
{
    uint64_t end = 0;

    for (size_t i = 0; i < map->count; i++) {
        const struct ext4_run *run = &map->runs[i];

        if (run->length == 0 || run->offset < end || run->where + run->length > device_size)
            abort();
        end = run->offset + run->length;
    }
    if (end > map->size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t raw[256] = {0};
    struct ext4_inode inode = {.number = 12, .raw = raw};
    struct ext4_map map = {0};
    struct source *device;
    struct fault f;
    struct ext4 *fs;
    uint8_t *blocks;
    size_t bytes;

    if (size < HEAD_BYTES || size > MAX_SIZE)
        return 0;
    inode.flags = data[0] & 1 ? FLAG_EXTENTS : 0;
    inode.size = le64_at(data + 1) & INT64_MAX;
    memcpy(raw + INODE_BLOCK, data + 9, INODE_BLOCK_BYTES);
    bytes = (size - HEAD_BYTES) / BLOCK * BLOCK + BLOCK;
    blocks = calloc(1, bytes);
    if (!blocks)
        abort();
    memcpy(blocks + BLOCK, data + HEAD_BYTES, bytes - BLOCK);
    if (source_from_memory(blocks, bytes, "input", &device, &f) != 0)
        abort();
    fs = fuzz_fs_open(device, bytes / BLOCK);
    fs->super.ro_compat = data[0] & 2 ? RO_COMPAT_METADATA_CSUM : 0;
    if (ext4_map_load(fs, &inode, &map, &f) == 0)
        check(&map, bytes);
    ext4_map_free(&map);
    fuzz_fs_close(fs);
    free(blocks);
    return 0;
}
