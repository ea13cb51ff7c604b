/* SPDX-License-Identifier: MIT */
/* A replayed journal as a source: it answers for the blocks that the log rewrites. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "ext4/jbd2.h"
#include "ext4/journal.h"

struct replay {
    struct source base;
    struct source *device;              /* borrowed */
    const struct ext4_journal *journal; /* borrowed */
    uint32_t block_size;
};

/* The first rewrite of a block from `block` on, or NULL. */
static const struct ext4_rewrite *find(const struct ext4_journal *j, uint64_t block)
{
    size_t low = 0, high = j->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (j->rewrites[middle].block < block)
            low = middle + 1;
        else
            high = middle;
    }
    return low < j->count ? &j->rewrites[low] : NULL;
}

/* How many blocks the file system has after the replay. */
static int count_blocks(struct ext4 *fs, const struct ext4_journal *j, uint64_t *count,
                        struct fault *f)
{
    uint32_t block = ext4_super_block(&fs->super);
    const struct ext4_rewrite *w = find(j, block);
    uint8_t bytes[EXT4_SUPER_BYTES];
    struct ext4_super after;
    struct fault ignored;
    uint64_t within = EXT4_SUPER_OFFSET % fs->super.block_size;
    int code;

    *count = fs->super.blocks_count;
    if (!w || w->block != block)
        return 0;
    if ((code = reader_read(fs->reader, w->where + within, bytes, sizeof(bytes), f)) != 0)
        return code;
    if (w->escaped && within == 0)
        memcpy(bytes, jbd2_magic, sizeof(jbd2_magic));
    if (ext4_super_decode(bytes, !fs->options.no_verify, &after, &ignored) == 0)
        *count = after.blocks_count;
    return 0;
}

int ext4_journal_check(struct ext4 *fs, const struct ext4_journal *journal, struct fault *f)
{
    const struct ext4_rewrite *last;
    uint64_t blocks;
    int code;

    if (journal->count == 0)
        return 0;
    last = &journal->rewrites[journal->count - 1];
    if ((code = count_blocks(fs, journal, &blocks, f)) != 0 || last->block < blocks)
        return code;
    return fault_set(f, FAULT_DAMAGED,
                     "journal: transaction %u: block %llu lies outside the file system (%llu "
                     "blocks)",
                     last->sequence, ull(last->block), ull(blocks));
}

static int replay_map(struct source *s, uint64_t offset, uint64_t length, struct extent *out,
                      struct fault *f)
{
    struct replay *r = (struct replay *)s;
    uint64_t within = offset % r->block_size;
    const struct ext4_rewrite *w = find(r->journal, offset / r->block_size);
    const uint64_t magic = sizeof(jbd2_magic);

    if (!w)
        return source_map(r->device, offset, length, out, f);
    if (w->block * r->block_size > offset)
        return source_map(r->device, offset, min_u64(length, w->block * r->block_size - offset),
                          out, f);
    if (w->escaped && within < magic) {
        *out = (struct extent){
            .kind = EXTENT_MEMORY,
            .length = min_u64(length, magic - within),
            .memory = jbd2_magic + within,
        };
        return 0;
    }
    return source_map(r->device, w->where + within, min_u64(length, r->block_size - within), out,
                      f);
}

/* Of a pipe the size may become known. */
static int replay_advance(struct source *s, uint64_t end, struct fault *f)
{
    struct replay *r = (struct replay *)s;
    int code = 0;

    if (r->device->ops->advance)
        code = r->device->ops->advance(r->device, end, f);
    s->size = r->device->size;
    return code;
}

static void replay_keep_only(struct source *s, const struct source_filter *filter)
{
    struct replay *r = (struct replay *)s;

    source_keep_only(r->device, filter);
}

static void replay_close(struct source *s)
{
    free(s);
}

int ext4_replay_open(struct source *device, uint32_t block_size, const struct ext4_journal *journal,
                     struct source **out, struct fault *f)
{
    static const struct source_ops ops = {
        .map = replay_map,
        .advance = replay_advance,
        .keep_only = replay_keep_only,
        .close = replay_close,
    };
    struct replay *r = malloc(sizeof(*r));

    if (!r)
        return fault_memory(f, "a replayed journal", sizeof(*r));
    *r = (struct replay){
        .base = {.ops = &ops, .name = device->name, .size = device->size, .kept = device->kept},
        .device = device,
        .journal = journal,
        .block_size = block_size,
    };
    *out = &r->base;
    return 0;
}
