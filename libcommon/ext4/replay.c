/* SPDX-License-Identifier: MIT */
/* A replayed journal as a source: it answers for the blocks that the log rewrites. */
#include <stdlib.h>

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
