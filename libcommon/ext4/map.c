/* SPDX-License-Identifier: MIT */
/* Block maps: an inode's data as runs of bytes on the device. */
#include "ext4/map.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/checked.h"

int ext4_map_claim(struct ext4 *fs, struct ext4_map *map, uint64_t blocks, struct fault *f)
{
    map->blocks += blocks;
    if (map->blocks <= fs->super.blocks_count)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "more than all %llu blocks of the file system are claimed",
                     (unsigned long long)fs->super.blocks_count);
}

static int append(struct ext4_map *map, const struct ext4_run *run, struct fault *f)
{
    struct ext4_run *runs =
        array_grow(map->runs, map->count, &map->room, sizeof(*runs), "a block map", f);

    if (!runs)
        return f->code;
    map->runs = runs;
    runs[map->count++] = *run;
    return 0;
}

int ext4_map_add(struct ext4 *fs, struct ext4_map *map, uint64_t logical, uint64_t physical,
                 uint64_t blocks, struct fault *f)
{
    struct ext4_run *last = map->count ? &map->runs[map->count - 1] : NULL;
    struct ext4_run run = {
        .offset = logical * fs->super.block_size,
        .length = blocks * fs->super.block_size,
        .where = physical * fs->super.block_size,
    };

    if (run.offset >= map->size)
        return 0;
    run.length = min_u64(run.length, map->size - run.offset);
    if (!last || last->offset + last->length != run.offset ||
        last->where + last->length != run.where)
        return append(map, &run, f);
    last->length += run.length;
    return 0;
}

int ext4_map_add_bytes(struct ext4_map *map, uint64_t where, uint64_t length, struct fault *f)
{
    const struct ext4_run *last = map->count ? &map->runs[map->count - 1] : NULL;
    struct ext4_run run = {.offset = last ? last->offset + last->length : 0, .where = where};

    run.length = min_u64(length, map->size - run.offset);
    return run.length > 0 ? append(map, &run, f) : 0;
}

int ext4_map_load(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                  struct fault *f)
{
    int code;

    map->count = 0;
    map->blocks = 0;
    map->size = inode->size;
    if (inode->flags & FLAG_INLINE_DATA)
        code = ext4_inline_load(fs, inode, map, f);
    else if (inode->flags & FLAG_EXTENTS)
        code = ext4_extents_load(fs, inode, map, f);
    else
        code = ext4_indirect_load(fs, inode, map, f);
    return code != 0 ? fault_prefix(f, "inode %u", inode->number) : 0;
}

int ext4_map_read(struct ext4 *fs, const struct ext4_map *map, uint8_t *bytes, uint64_t *end,
                  struct fault *f)
{
    int code = 0;

    *end = 0;
    for (size_t i = 0; i < map->count && code == 0 && map->runs[i].offset == *end; i++) {
        const struct ext4_run *run = &map->runs[i];

        code = reader_read(fs->reader, run->where, bytes + run->offset, (size_t)run->length, f);
        *end = run->offset + run->length;
    }
    return code;
}

void ext4_map_free(struct ext4_map *map)
{
    free(map->runs);
    *map = (struct ext4_map){0};
}

const struct ext4_run *ext4_map_find(const struct ext4_map *map, uint64_t offset, uint64_t *next)
{
    size_t low = 0, high = map->count;

    /* The first run that ends after offset. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (map->runs[middle].offset + map->runs[middle].length <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < map->count && map->runs[low].offset <= offset)
        return &map->runs[low];
    *next = low < map->count ? map->runs[low].offset : map->size;
    return NULL;
}
