/* SPDX-License-Identifier: MIT */
/* Indirect blocks: the map of ext2 and ext3 from a file's blocks to the device's. */
#include "base/bytes.h"
#include "base/checked.h"
#include "ext4/map.h"
#include "ext4/table.h"

enum {
    DIRECT_BLOCKS = 12,
    INDIRECT_LEVELS = 3,
    POINTER_BYTES = 4,
};

struct chain {
    struct ext4 *fs;
    struct ext4_map *map;
    struct ext4_table met; /* indirect blocks: one that leads back to itself would not end */
    uint64_t logical;      /* the file's block that comes next */
    uint64_t end;          /* the first that is past its size, or past what can be numbered */
};

static int check_pointer(const struct chain *c, uint32_t block, struct fault *f)
{
    if (ext4_blocks_valid(c->fs, block, 1))
        return 0;
    return fault_set(
        f, FAULT_DAMAGED, "file block %llu is at block %u, outside the file system (%llu blocks)",
        (unsigned long long)c->logical, block, (unsigned long long)c->fs->super.blocks_count);
}

static int take_data(struct chain *c, uint32_t block, struct fault *f)
{
    int code;

    if (block != 0) {
        if ((code = check_pointer(c, block, f)) != 0 ||
            (code = ext4_map_claim(c->fs, c->map, 1, f)) != 0 ||
            (code = ext4_map_add(c->fs, c->map, c->logical, block, 1, f)) != 0)
            return code;
    }
    c->logical++;
    return 0;
}

static int enter(struct chain *c, uint32_t block, uint8_t *buffer, struct fault *f)
{
    struct ext4_slot *slot;
    bool added;
    int code;

    if ((code = check_pointer(c, block, f)) != 0 ||
        (code = ext4_table_put(&c->met, block, &slot, &added, f)) != 0)
        return code;
    if (!added)
        return fault_set(f, FAULT_DAMAGED, "indirect block %u is met twice, at file block %llu",
                         block, (unsigned long long)c->logical);
    if ((code = ext4_map_claim(c->fs, c->map, 1, f)) != 0)
        return code;
    return ext4_read_block(c->fs, block, buffer, f);
}

/* The blocks under a pointer of a level: 1 indirect, 2 double, 3 triple.  The recursion is as deep
 * as the level, which the format fixes. */
static int take_indirect(struct chain *c, uint32_t block, unsigned level, struct fault *f)
{
    uint32_t per_block = c->fs->super.block_size / POINTER_BYTES;
    uint8_t *buffer = c->fs->tree + (size_t)(level - 1) * c->fs->super.block_size;
    uint64_t span = 1;
    int code;

    for (unsigned i = 0; i < level; i++)
        span *= per_block;
    if (block == 0) {
        c->logical += span;
        return 0;
    }
    if ((code = enter(c, block, buffer, f)) != 0)
        return code;
    for (uint32_t i = 0; i < per_block && c->logical < c->end; i++) {
        uint32_t pointer = le32_at(buffer + (size_t)i * POINTER_BYTES);

        code = level == 1 ? take_data(c, pointer, f) : take_indirect(c, pointer, level - 1, f);
        if (code != 0)
            return code;
    }
    return 0;
}

int ext4_indirect_load(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                       struct fault *f)
{
    const uint8_t *pointers = ext4_inode_block(inode);
    struct chain c = {.fs = fs, .map = map};
    int code = 0;

    c.end = min_u64(div_round_up(map->size, fs->super.block_size), UINT64_C(1) << 32);
    for (unsigned i = 0; i < DIRECT_BLOCKS && c.logical < c.end && code == 0; i++)
        code = take_data(&c, le32_at(pointers + i * POINTER_BYTES), f);
    for (unsigned level = 1; level <= INDIRECT_LEVELS && c.logical < c.end && code == 0; level++)
        code = take_indirect(&c, le32_at(pointers + (DIRECT_BLOCKS + level - 1) * POINTER_BYTES),
                             level, f);
    ext4_table_free(&c.met);
    return code;
}
