/* SPDX-License-Identifier: MIT */
/* Fuzzes ext4 with whole images: superblock, groups, inodes, and all that hangs on them.  The first
 * byte, which is no part of a file system, says how it is read: 1 with keep_going, 2 with
 * no_verify, 4 a part of the tree only; 8: as it comes through a pipe, too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ext4/ext4.h"
#include "flow.h"

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
static int map_data(struct ext4 *fs, const struct ext4_map *map, struct fault *f)
{
    struct source *data;
    struct extent extent;
    int code = ext4_data_open(fs, map, &data, f);

    if (code != 0)
        abort();
    for (size_t i = 0; i < map->count && code == 0; i++) {
        const struct ext4_run *run = &map->runs[i];

        if (run->length == 0 || run->offset + run->length > map->size ||
            (i > 0 && run[-1].offset + run[-1].length > run->offset))
            abort();
        code = source_map(data, run->offset, run->length, &extent, f);
        if (code == 0 && extent.length > run->length)
            abort();
    }
    source_close(data);
    return code;
}

/* What became of a walk. */
struct outcome {
    unsigned names;
    int code;
    bool unmapped; /* it ended with a file whose data could not be mapped */
    struct fault fault;
};

static void look(struct ext4 *fs, struct ext4_walk *w, struct outcome *o)
{
    struct ext4_node node;
    struct fault f;
    bool more = true;

    while (o->names < MAX_NAMES) {
        uint8_t sum = 0;

        o->code = ext4_walk_next(w, &node, &more, &o->fault);
        if (o->code != 0 || !more)
            return;
        if (node.path[0] != '/' || (node.target && node.target[0] == '\0'))
            abort();
        if (!node.inode != !!node.link)
            abort();
        if (node.inode)
            ext4_xattrs(fs, node.inode, take_xattr, &sum, &f);
        if (node.map && (o->code = map_data(fs, node.map, &o->fault)) != 0) {
            o->unmapped = true;
            return;
        }
        o->names++;
    }
}

/* Read the device, which is closed. */
static struct outcome walk(struct source *device, uint8_t kind)
{
    static char path[] = "/d";
    static char *const paths[] = {path};
    static const char *const excludes[] = {"again"};
    static const struct ext4_selection everything;
    static const struct ext4_selection part = {paths, 1, excludes, 1};
    const struct ext4_options options = {.keep_going = kind & 1, .no_verify = kind & 2};
    struct ext4_inode inode = {0};
    struct outcome o = {0};
    struct ext4 *fs = NULL;
    struct ext4_walk *w = NULL;
    struct fault f;

    if ((o.code = ext4_open(device, &options, &fs, &o.fault)) == 0) {
        if (kind & 4)
            ext4_lookup(fs, "d/../s", true, &inode, &f);
        o.code = ext4_walk_open(fs, kind & 4 ? &part : &everything, &w, &o.fault);
    }
    if (o.code == 0)
        look(fs, w, &o);
    ext4_inode_free(&inode);
    ext4_walk_close(w);
    ext4_close(fs);
    source_close(device);
    return o;
}

/* A pipe has the same to give, or it is said that something was not kept. */
static void walk_pipe(const uint8_t *data, size_t size, const struct outcome *want)
{
    struct outcome o = walk(flow_open(data, size), data[0]);

    if (want->code != 0 || data[0] & 1 || (o.code != 0 && strstr(o.fault.text, "was not kept")))
        return;
    if (o.code != 0 || o.names != want->names)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *device = NULL;
    struct outcome o;
    struct fault f;

    if (size == 0 || size > MAX_SIZE || source_from_memory(data, size, "input", &device, &f) != 0)
        return 0;
    o = walk(device, data[0]);
    if (o.unmapped)
        abort();
    if (data[0] & 8)
        walk_pipe(data, size, &o);
    return 0;
}
