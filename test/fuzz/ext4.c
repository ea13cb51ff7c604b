/* SPDX-License-Identifier: MIT */
/* Fuzzes ext4 with whole images: superblock, groups, inodes, and all that hangs on them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ext4/ext4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names to look at in one input: a hostile directory must not make the fuzzer slow. */
enum { MAX_SIZE = 256 << 10, MAX_NAMES = 2000 };

static int take_xattr(void *context, const char *name, const void *value, size_t value_len,
                      struct fault *f)
{
    volatile uint8_t *sum = context;

    (void)f;
    *sum ^= (uint8_t)strlen(name);
    for (size_t i = 0; i < value_len; i++)
        *sum ^= ((const uint8_t *)value)[i];
    return 0;
}

/* Every byte of a file must be mapped to somewhere, its runs to the device. */
static void map_data(struct ext4 *fs, const struct ext4_map *map)
{
    struct source *data;
    struct extent extent;
    struct fault f;

    if (ext4_data_open(fs, map, &data, &f) != 0)
        return;
    for (size_t i = 0; i < map->count; i++) {
        const struct ext4_run *run = &map->runs[i];

        if (run->length == 0 || run->offset + run->length > map->size ||
            (i > 0 && run[-1].offset + run[-1].length > run->offset))
            abort();
        if (source_map(data, run->offset, run->length, &extent, &f) != 0 ||
            extent.length > run->length)
            abort();
    }
    source_close(data);
}

static void look(struct ext4 *fs, struct ext4_walk *w)
{
    struct ext4_node node;
    struct fault f;
    bool more;

    for (int i = 0; i < MAX_NAMES && ext4_walk_next(w, &node, &more, &f) == 0 && more; i++) {
        uint8_t sum = 0;

        if (node.path[0] != '/' || (node.target && node.target[0] == '\0'))
            abort();
        if (!node.inode != !!node.link)
            abort();
        if (node.inode)
            ext4_xattrs(fs, node.inode, take_xattr, &sum, &f);
        if (node.map)
            map_data(fs, node.map);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ext4_options options;
    static const struct ext4_selection everything;
    struct source *device = NULL;
    struct ext4 *fs = NULL;
    struct ext4_walk *w = NULL;
    struct fault f;

    if (size > MAX_SIZE || source_from_memory(data, size, "input", &device, &f) != 0)
        return 0;
    if (ext4_open(device, &options, &fs, &f) == 0 && ext4_walk_open(fs, &everything, &w, &f) == 0)
        look(fs, w);
    ext4_walk_close(w);
    ext4_close(fs);
    source_close(device);
    return 0;
}
