/* SPDX-License-Identifier: MIT */
/* ext4walk: an ext2, ext3 or ext4 file system as a manifest. */
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "ext4/ext4.h"
#include "io/engine.h"
#include "manifest/entry.h"
#include "manifest/writer.h"
#include "part/part.h"
#include "shared/image.h"
#include "shared/product.h"

enum { KEY_TIMES = CLI_LONG_ONLY };

static const struct cli_option options[] = {
    IMAGE_OPTIONS,
    IMAGE_OPTION_PARTITION,
    {'n', "no-data", NULL, "write the records only, not the files' data"},
    {KEY_TIMES, "times", "mtime|all", "which times to record (default: mtime)"},
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "ext4walk",
    .operands = "[IMAGE]",
    .summary = "write an ext2, ext3 or ext4 file system as a manifest",
    .options = options,
};

struct opts {
    struct image_options image;
    bool no_data;
    bool all_times;
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        switch (key) {
        case 'n':
            o->no_data = true;
            break;
        case KEY_TIMES:
            o->all_times = strcmp(value, "all") == 0;
            if (!o->all_times && strcmp(value, "mtime") != 0)
                cli_usage(cli, "--times: '%s' is neither mtime nor all", value);
            break;
        default:
            image_option(&o->image, cli, key, value);
            break;
        }
    }
    cli_operands_at_most(cli, 1, "one IMAGE");
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    struct source *device;
    struct ext4 *fs;
    struct ext4_walk *walk;
    struct engine *engine;
    struct product product;
    struct manifest_writer *writer;
    struct entry entry;
};

/* ---- an inode as an entry ---- */

static enum entry_type entry_type_of(enum ext4_type type)
{
    static const enum entry_type types[] = {
        [EXT4_FILE] = ENTRY_FILE,
        [EXT4_DIRECTORY] = ENTRY_DIRECTORY,
        [EXT4_SYMLINK] = ENTRY_SYMLINK,
        [EXT4_CHAR_DEVICE] = ENTRY_CHAR_DEVICE,
        [EXT4_BLOCK_DEVICE] = ENTRY_BLOCK_DEVICE,
        [EXT4_FIFO] = ENTRY_FIFO,
        [EXT4_SOCKET] = ENTRY_SOCKET,
    };

    return types[type];
}

static struct entry_time entry_time_of(struct ext4_time t)
{
    return (struct entry_time){.seconds = t.seconds, .nanoseconds = t.nanoseconds};
}

static int take_xattr(void *context, const char *name, const void *value, size_t value_len,
                      struct fault *f)
{
    return entry_add_xattr(context, name, value, value_len, f);
}

static void fill_inode(struct entry *e, const struct ext4_inode *inode, bool all_times)
{
    e->type = entry_type_of(inode->type);
    e->mode = inode->permissions;
    e->uid = inode->uid;
    e->gid = inode->gid;
    e->mtime = entry_time_of(inode->mtime);
    e->rdev_major = inode->rdev_major;
    e->rdev_minor = inode->rdev_minor;
    e->only_name = inode->links < 2;
    if (!all_times)
        return;
    e->times = ENTRY_ATIME | ENTRY_CTIME | (inode->has_crtime ? ENTRY_CRTIME : 0U);
    e->atime = entry_time_of(inode->atime);
    e->ctime = entry_time_of(inode->ctime);
    e->crtime = entry_time_of(inode->crtime);
}

static int fill_text(char **to, const char *text, struct fault *f)
{
    *to = text ? strdup(text) : NULL;
    return text && !*to ? fault_memory(f, "a path", strlen(text) + 1) : 0;
}

static int fill_extents(struct entry *e, const struct ext4_map *map, struct fault *f)
{
    int code = 0;

    e->size = map->size;
    for (size_t i = 0; i < map->count && code == 0; i++)
        code = entry_add_extent(e, map->runs[i].offset, map->runs[i].length, f);
    return code;
}

static int fill_entry(struct run *r, const struct ext4_node *node, struct fault *f)
{
    struct entry *e = &r->entry;
    int code;

    entry_reset(e);
    if ((code = fill_text(&e->path, node->path, f)) != 0)
        return code;
    if (node->link) {
        e->type = ENTRY_HARD_LINK;
        return fill_text(&e->link, node->link, f);
    }
    fill_inode(e, node->inode, r->opts->all_times);
    if ((code = fill_text(&e->target, node->target, f)) != 0 ||
        (code = ext4_xattrs(r->fs, node->inode, take_xattr, e, f)) != 0 ||
        (code = entry_sort_xattrs(e, f)) != 0)
        return code;
    return node->map ? fill_extents(e, node->map, f) : 0;
}

/* ---- the manifest ---- */

static int write_data(struct run *r, const struct ext4_map *map, struct fault *f)
{
    struct source *data;
    int code = ext4_data_open(r->fs, map, &data, f);

    if (code != 0)
        return code;
    for (size_t i = 0; i < r->entry.extent_count && code == 0; i++) {
        const struct entry_extent *x = &r->entry.extents[i];

        code = engine_move(r->engine, data, x->offset, x->length, r->product.sink,
                           &r->product.progress, f);
        if (code == 0)
            manifest_writer_data(r->writer, x->length);
    }
    source_close(data);
    return code;
}

/* Is a fault about where the manifest goes, rather than where its data comes from? */
static bool is_about_output(const struct run *r, const struct fault *f)
{
    return f->code == FAULT_READER_GONE || strcmp(f->subject, output_name(r->product.output)) == 0;
}

static int write_all(struct run *r, struct fault *f)
{
    struct ext4_node node;
    bool more;
    int code;

    while ((code = ext4_walk_next(r->walk, &node, &more, f)) == 0 && more) {
        if ((code = fill_entry(r, &node, f)) != 0)
            return ext4_walk_about(r->walk, f);
        if ((code = manifest_write_entry(r->writer, &r->entry, f)) != 0)
            return code;
        if (r->entry.extent_count > 0 && !r->opts->no_data &&
            (code = write_data(r, node.map, f)) != 0)
            return is_about_output(r, f) ? code : ext4_walk_about(r->walk, f);
    }
    return code != 0 ? code : manifest_writer_end(r->writer, f);
}

/* ---- the run ---- */

/* Whoever gives a whole disk where a file system is wanted is told so. */
static int open_file_system(struct cli *cli, struct run *r, struct fault *f)
{
    int code = ext4_open(r->device, &cli->notices, &r->fs, f);
    struct part_table *table;
    struct fault why, ignored;

    if (code != FAULT_DAMAGED || r->opts->image.partition ||
        part_read(r->device, NULL, &table, &ignored) != 0)
        return code;
    why = *f;
    if (table->count > 0)
        fault_set(f, code, "%s: it has a partition table with %zu partition%s: name one with -p",
                  why.text, table->count, table->count == 1 ? "" : "s");
    part_table_free(table);
    return code;
}

static int open_all(struct cli *cli, struct run *r, struct fault *f)
{
    int code;

    if ((code = image_open(cli, cli_operand(cli, 0), &r->opts->image, &r->device, f)) != 0 ||
        (code = open_file_system(cli, r, f)) != 0 ||
        (code = ext4_walk_open(r->fs, &r->walk, f)) != 0 ||
        (code = engine_open(&r->engine, f)) != 0 ||
        (code = product_open(&r->product, cli, OUTPUT_BINARY, 0, f)) != 0)
        return code;
    return manifest_writer_open(r->product.sink, !r->opts->no_data, &r->writer, f);
}

static int run(struct cli *cli, struct run *r, struct fault *f)
{
    int code = open_all(cli, r, f);

    if (code != 0)
        return code;
    code = write_all(r, f);
    if (code != 0)
        manifest_writer_fail(r->writer, f);
    return product_finish(&r->product, code, f);
}

static void close_all(struct run *r)
{
    manifest_writer_close(r->writer);
    product_close(&r->product);
    engine_close(r->engine);
    ext4_walk_close(r->walk);
    ext4_close(r->fs);
    source_close(r->device);
    entry_free(&r->entry);
}

int main(int argc, char **argv)
{
    struct opts opts = {0};
    struct run r = {.opts = &opts};
    struct cli cli;
    struct fault f;
    int code;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &opts);
    code = run(&cli, &r, &f);
    close_all(&r);
    image_options_free(&opts.image);
    return code != 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
