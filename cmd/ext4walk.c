/* SPDX-License-Identifier: MIT */
/* ext4walk: an ext2, ext3 or ext4 file system as a manifest, or as a list of its names. */
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/operand.h"
#include "io/engine.h"
#include "manifest/show.h"
#include "manifest/writer.h"
#include "shared/ext4entry.h"
#include "shared/ext4file.h"
#include "shared/product.h"

enum { KEY_TIMES = CLI_LONG_ONLY, KEY_KEEP_GOING };

static const struct cli_option options[] = {
    IMAGE_OPTIONS,
    IMAGE_OPTION_PARTITION,
    EXT4FILE_OPTIONS,
    {KEY_KEEP_GOING, "keep-going", NULL, "tell of what is damaged, leave it out, and go on"},
    {'x', "exclude", "GLOB", "leave out what GLOB matches, and all it holds (repeatable)"},
    {'n', "no-data", NULL, "write the records only, not the files' data"},
    {KEY_TIMES, "times", "mtime|all", "which times to record (default: mtime)"},
    {'0', "null", NULL, "write only the paths, each ended by a NUL byte"},
    CLI_OPTION_JSON,
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "ext4walk",
    .operands = "[IMAGE [PATH...]]",
    .summary = "write an ext2, ext3 or ext4 file system as a manifest",
    .options = options,
};

struct opts {
    struct ext4file_options file;
    struct ext4_selection selection;
    char **excludes; /* what the selection borrows */
    char **paths;
    bool no_data;
    bool all_times;
    bool null;
    bool json;
};

static int parse_option(struct cli *cli, struct opts *o, int key, const char *value,
                        struct fault *f)
{
    int code = 0;

    switch (key) {
    case 'x':
        code = operand_glob(value, &o->excludes[o->selection.exclude_count++], f);
        if (code == FAULT_USAGE)
            cli_usage(cli, "--exclude: %s", f->text);
        break;
    case 'n':
        o->no_data = true;
        break;
    case '0':
        o->null = true;
        break;
    case CLI_KEY_JSON:
        o->json = true;
        break;
    case KEY_TIMES:
        o->all_times = strcmp(value, "all") == 0;
        if (!o->all_times && strcmp(value, "mtime") != 0)
            cli_usage(cli, "--times: '%s' is neither mtime nor all", value);
        break;
    case KEY_KEEP_GOING:
        o->file.ext4.keep_going = true;
        break;
    default:
        ext4file_option(&o->file, cli, key, value);
        break;
    }
    return code;
}

static int parse_path(struct cli *cli, const char *path, char **out, struct fault *f)
{
    if (path[0] == '\0')
        cli_usage(cli, "an empty PATH: the root is /");
    return operand_path(path, out, f);
}

static int parse(struct cli *cli, struct opts *o, struct fault *f)
{
    const char *value;
    int key, code = 0;

    /* No more of either than there are arguments. */
    o->excludes = calloc((size_t)cli->argc, sizeof(*o->excludes));
    o->paths = calloc((size_t)cli->argc, sizeof(*o->paths));
    if (!o->excludes || !o->paths)
        return fault_memory(f, "arguments", (size_t)cli->argc * sizeof(*o->paths));
    while (code == 0 && (key = cli_next(cli, &value)) != CLI_END)
        code = parse_option(cli, o, key, value, f);
    if (code != 0)
        return code;
    if (o->null && o->json)
        cli_usage(cli, "only one of '--null' and '--json' can be asked for");
    for (int i = 1; i < cli_operands(cli) && code == 0; i++)
        code = parse_path(cli, cli_operand(cli, i), &o->paths[o->selection.path_count++], f);
    o->selection.excludes = (const char *const *)o->excludes;
    o->selection.paths = o->paths;
    return code;
}

static void free_opts(struct opts *o)
{
    for (size_t i = 0; i < o->selection.path_count; i++)
        free(o->paths[i]);
    free(o->paths);
    for (size_t i = 0; i < o->selection.exclude_count; i++)
        free(o->excludes[i]);
    free(o->excludes);
    ext4file_options_free(&o->file);
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    struct source *device;
    struct ext4 *fs;
    struct ext4_walk *walk;
    struct engine *engine;
    struct product product;
    struct manifest_writer *writer; /* NULL: a list is written */
    struct entry entry;
};

/* ---- a manifest ---- */

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

static int write_record(struct run *r, const struct ext4_node *node, struct fault *f)
{
    int code = manifest_write_entry(r->writer, &r->entry, f);

    if (code == FAULT_UNSUPPORTED && node->inode)
        return ext4_walk_lose(r->walk, node, f);
    if (code != 0 || r->entry.extent_count == 0 || r->opts->no_data)
        return code;
    code = write_data(r, node->map, f);
    return code == 0 || is_about_output(r, f) ? code : ext4_walk_about(r->walk, f);
}

/* ---- a list ---- */

static int write_json(struct run *r, struct fault *f)
{
    FILE *out = product_text(&r->product, f);

    if (!out)
        return f->code;
    show_json(out, &r->entry, NULL);
    fputc('\n', out);
    return product_text_end(&r->product, f);
}

static int write_node(struct run *r, const struct ext4_node *node, struct fault *f)
{
    if (r->opts->null)
        return sink_data(r->product.sink, node->path, strlen(node->path) + 1, f);
    if (ext4entry_fill(r->fs, node, r->opts->all_times, &r->entry, f) != 0)
        return ext4_walk_about(r->walk, f);
    return r->opts->json ? write_json(r, f) : write_record(r, node, f);
}

/* ---- the run ---- */

static int write_all(struct run *r, struct fault *f)
{
    struct ext4_node node;
    bool more;
    int code;

    while ((code = ext4_walk_next(r->walk, &node, &more, f)) == 0 && more)
        if ((code = write_node(r, &node, f)) != 0)
            return code;
    return code != 0 || !r->writer ? code : manifest_writer_end(r->writer, f);
}

/* A PATH that is not there is told before anything is written.  Of damage on the way to it the walk
 * will tell, if it is to go on. */
static int check_paths(struct run *r, struct fault *f)
{
    const struct ext4_selection *s = &r->opts->selection;
    struct ext4_inode inode = {0};
    int code = 0;

    for (size_t i = 0; i < s->path_count && code == 0; i++) {
        code = ext4_lookup(r->fs, s->paths[i], false, &inode, f);
        if (code == FAULT_DAMAGED && r->opts->file.ext4.keep_going)
            code = 0;
    }
    ext4_inode_free(&inode);
    return code;
}

static int open_all(struct cli *cli, struct run *r, struct fault *f)
{
    const struct opts *o = r->opts;
    enum output_kind kind = o->json ? OUTPUT_ANY : OUTPUT_BINARY;
    int code;

    if ((code = ext4file_open(cli, cli_operand(cli, 0), &o->file, &r->device, &r->fs, f)) != 0 ||
        (code = check_paths(r, f)) != 0 ||
        (code = ext4_walk_open(r->fs, &o->selection, &r->walk, f)) != 0 ||
        (code = engine_open(&r->engine, f)) != 0 ||
        (code = product_open(&r->product, cli, kind, 0, f)) != 0)
        return code;
    if (o->null || o->json)
        return 0;
    return manifest_writer_open(r->product.sink, !o->no_data, &r->writer, f);
}

static int run(struct cli *cli, struct run *r, struct fault *f)
{
    struct fault ignored;
    int code = open_all(cli, r, f);

    if (code != 0)
        return code;
    code = write_all(r, f);
    if (code != 0 && r->writer)
        manifest_writer_fail(r->writer, f);
    else if (code != 0)
        sink_finish(r->product.sink, &ignored); /* the names before are right */
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
    code = parse(&cli, &opts, &f);
    if (code == 0)
        code = run(&cli, &r, &f);
    close_all(&r);
    free_opts(&opts);
    return code != 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
