/* SPDX-License-Identifier: MIT */
/* Which blocks are in use, for a device that is read through a pipe: only those need be kept. */
#include "ext4/usage.h"

#include <stdlib.h>

#include "base/checked.h"
#include "base/crc.h"

enum { CACHE_BYTES = 8 * READER_LINE_BYTES };

struct ext4_usage {
    const struct ext4 *fs;
    struct reader *reader; /* its own: the file system's may be reading when the filter is asked */
    struct source_filter filter;
    struct ext4_group group; /* whose bitmap is loaded, if known */
    uint8_t *bitmap;         /* a block; not that of a group with block_uninit */
    uint32_t end_groups;     /* from here on no group has a block in use ... */
    bool end_known;          /* ... and the last one in use is before `end`, */
    uint64_t end;            /* a block */
};

/* The checksum covers the bits of the group's clusters.  It counts also where others are not looked
 * at: it decides what is thrown away. */
static bool bitmap_is_right(const struct ext4_usage *u, const struct ext4_group *g)
{
    const struct ext4_super *s = &u->fs->super;
    uint32_t mask = s->desc_size >= EXT4_DESC_64BIT_BYTES ? 0xffffffff : 0xffff;
    uint32_t bytes = s->blocks_per_group / s->cluster_ratio / 8;

    return !ext4_has_metadata_csum(s) ||
           (crc32c(s->checksum_seed, u->bitmap, bytes) & mask) == g->bitmap_checksum;
}

/* Are the first `end` bytes of the device there?  No more than `available` of them may be asked
 * for: the device may just be asking what is wanted of it.  (So they are asked for here, not by the
 * reader while it is filling its cache.) */
static bool has_come(const struct ext4_usage *u, uint64_t end, uint64_t available)
{
    struct fault ignored;

    return end <= available && source_require(u->fs->device, 0, end, "a bitmap", &ignored) == 0;
}

/* Have the bitmap of a group at hand, if it lies within the first `available` bytes of the device
 * and is in order. */
static bool load(struct ext4_usage *u, uint32_t number, uint64_t available)
{
    const struct ext4_super *s = &u->fs->super;
    struct ext4_group g;
    struct fault ignored;

    if (u->group.known && u->group.number == number)
        return true;
    if (!has_come(u, ext4_group_where(s, number) + s->desc_size, available) ||
        ext4_group_read(u->fs, u->reader, number, &g, &ignored) != 0 ||
        (!g.block_uninit && !has_come(u, (g.block_bitmap + 1) * s->block_size, available)))
        return false;
    u->group.known = false; /* the bitmap is none's until it was checked */
    if (!g.block_uninit && (reader_read(u->reader, g.block_bitmap * s->block_size, u->bitmap,
                                        s->block_size, &ignored) != 0 ||
                            !bitmap_is_right(u, &g)))
        return false;
    u->group = g;
    return true;
}

/* Is a block of the loaded group in use?  Where the bitmap was never written, that is what the
 * group holds of its own metadata (but for what is never read: its inode bitmap, blocks for
 * descriptors that are not yet there). */
static bool is_used(const struct ext4_usage *u, uint64_t block)
{
    const struct ext4_super *s = &u->fs->super;
    const struct ext4_group *g = &u->group;
    uint64_t within = block - ext4_group_first_block(s, g->number);
    uint64_t bit = within / s->cluster_ratio;

    if (g->block_uninit)
        return within < ext4_group_base_blocks(s, g->number) || block == g->block_bitmap ||
               (block >= g->inode_table && block - g->inode_table < ext4_inode_table_blocks(s));
    return u->bitmap[bit / 8] >> bit % 8 & 1;
}

/* Can a block be in use, as far as the first `available` bytes of the device tell? */
static bool may_be_used(struct ext4_usage *u, uint64_t block, uint64_t available)
{
    const struct ext4_super *s = &u->fs->super;

    if (block < s->first_data_block)
        return true;
    if (!load(u, (uint32_t)((block - s->first_data_block) / s->blocks_per_group), available))
        return true;
    return is_used(u, block);
}

/* The block after the last one in use of the loaded group, or its first block if there is none. */
static uint64_t group_end(const struct ext4_usage *u)
{
    const struct ext4_super *s = &u->fs->super;
    uint64_t first = ext4_group_first_block(s, u->group.number);
    uint64_t end = min_u64(s->blocks_count, first + s->blocks_per_group);

    while (end > first && !is_used(u, end - 1))
        end--;
    return end;
}

/* Find the end, as far as the first `available` bytes of the device tell.  Groups that were found
 * without a block in use are not looked at again. */
static bool find_end(struct ext4_usage *u, uint64_t available)
{
    while (!u->end_known && u->end_groups > 0) {
        uint32_t number = u->end_groups - 1;

        if (!load(u, number, available))
            return false;
        /* Loading may have read on, and so come here before: set anew, not counted down. */
        u->end = group_end(u);
        u->end_groups = number;
        u->end_known = u->end > ext4_group_first_block(&u->fs->super, number);
    }
    return true;
}

/* Units are what a reader takes at once, so that no reading of what is used meets what is not. */
static bool unit_may_be_used(struct ext4_usage *u, uint64_t unit, uint64_t available)
{
    const struct ext4_super *s = &u->fs->super;
    uint64_t from = unit * READER_LINE_BYTES / s->block_size;
    uint64_t to =
        min_u64(s->blocks_count, div_round_up((unit + 1) * READER_LINE_BYTES, s->block_size));

    for (uint64_t block = from; block < to; block++)
        if (may_be_used(u, block, available))
            return true;
    return false;
}

static bool wanted(void *context, uint64_t offset, uint64_t length, uint64_t *run)
{
    struct ext4_usage *u = context;
    const struct ext4_super *s = &u->fs->super;
    bool ended = find_end(u, offset);
    uint64_t end = (ended ? u->end : s->blocks_count) * s->block_size;
    bool answer;

    *run = length;
    end = div_round_up(end, READER_LINE_BYTES) * READER_LINE_BYTES;
    if (offset >= end)
        return false;
    answer = unit_may_be_used(u, offset / READER_LINE_BYTES, offset);
    *run = min_u64(length, READER_LINE_BYTES - offset % READER_LINE_BYTES);
    return answer;
}

int ext4_usage_open(struct ext4 *fs, struct ext4_usage **out, struct fault *f)
{
    struct ext4_usage *u = calloc(1, sizeof(*u));

    if (u)
        u->bitmap = malloc(fs->super.block_size);
    if (!u || !u->bitmap) {
        free(u);
        return fault_memory(f, "block bitmaps", fs->super.block_size);
    }
    u->fs = fs;
    u->end_groups = fs->super.group_count;
    u->filter = (struct source_filter){.wanted = wanted, .context = u};
    if (reader_open(fs->device, CACHE_BYTES, &u->reader, f) != 0) {
        ext4_usage_close(u);
        return f->code;
    }
    source_keep_only(fs->device, &u->filter);
    *out = u;
    return 0;
}

uint64_t ext4_usage_end(struct ext4_usage *u)
{
    const struct ext4_super *s = &u->fs->super;

    while (!find_end(u, SIZE_UNKNOWN)) {
        /* Its bitmap cannot be had: all of the group counts as used. */
        u->end = min_u64(s->blocks_count, ext4_group_first_block(s, u->end_groups));
        u->end_known = true;
    }
    return u->end;
}

void ext4_usage_close(struct ext4_usage *u)
{
    if (!u)
        return;
    source_keep_only(u->fs->device, NULL);
    reader_close(u->reader);
    free(u->bitmap);
    free(u);
}
