/* SPDX-License-Identifier: MIT */
/* An inode's data as a source: one more map over the device. */
#include <stdlib.h>

#include "base/checked.h"
#include "ext4/map.h"

struct data {
    struct source base;
    struct source *device;      /* borrowed */
    const struct ext4_map *map; /* borrowed */
};

static int data_map(struct source *s, uint64_t offset, uint64_t length, struct extent *out,
                    struct fault *f)
{
    struct data *d = (struct data *)s;
    const struct ext4_run *run;
    uint64_t next, skip;

    run = ext4_map_find(d->map, offset, &next);
    if (!run) {
        *out = (struct extent){.kind = EXTENT_HOLE, .length = min_u64(length, next - offset)};
        return 0;
    }
    skip = offset - run->offset;
    return source_map(d->device, run->where + skip, min_u64(length, run->length - skip), out, f);
}

static void data_close(struct source *s)
{
    free(s);
}

int ext4_data_open(struct ext4 *fs, const struct ext4_map *map, struct source **out,
                   struct fault *f)
{
    static const struct source_ops ops = {.map = data_map, .close = data_close};
    struct data *d = malloc(sizeof(*d));

    if (!d)
        return fault_memory(f, "a file's data", sizeof(*d));
    *d = (struct data){
        .base = {.ops = &ops, .name = fs->device->name, .size = map->size},
        .device = fs->device,
        .map = map,
    };
    *out = &d->base;
    return 0;
}
