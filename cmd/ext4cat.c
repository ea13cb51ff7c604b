/* SPDX-License-Identifier: MIT */
/* ext4cat: the bytes of named files of an ext2, ext3 or ext4 file system. */
#include <string.h>

#include "base/cli.h"
#include "base/text.h"
#include "io/engine.h"
#include "shared/ext4file.h"
#include "shared/product.h"

enum { KEY_NO_FOLLOW = CLI_LONG_ONLY };

static const struct cli_option options[] = {
    IMAGE_OPTIONS,
    IMAGE_OPTION_PARTITION,
    EXT4FILE_OPTIONS,
    {KEY_NO_FOLLOW, "no-follow", NULL, "refuse paths that lead through or to a symbolic link"},
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "ext4cat",
    .operands = "IMAGE PATH...",
    .summary = "write the bytes of files of an ext2, ext3 or ext4 file system",
    .options = options,
};

struct opts {
    struct ext4file_options file;
    bool no_follow;
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == KEY_NO_FOLLOW)
            o->no_follow = true;
        else
            ext4file_option(&o->file, cli, key, value);
    }
    if (cli_operands(cli) < 2)
        cli_usage(cli, "an IMAGE and at least one PATH are needed");
}

/* Everything that a run holds open. */
struct run {
    const struct cli *cli;
    const struct opts *opts;
    struct source *device;
    struct ext4 *fs;
    struct engine *engine;
    struct ext4_inode inode;
    struct ext4_map map;
    struct product product; /* all zero before the first file */
};

static const char *kind_of(enum ext4_type type)
{
    switch (type) {
    case EXT4_DIRECTORY:
        return "a directory";
    case EXT4_SYMLINK:
        return "a symbolic link";
    case EXT4_CHAR_DEVICE:
    case EXT4_BLOCK_DEVICE:
        return "a device";
    case EXT4_FIFO:
        return "a named pipe";
    default:
        return "a socket";
    }
}

/* The file that a path names, and where its data is.  A path that is no file is FAULT_SYSTEM. */
static int find_file(struct run *r, const char *path, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];
    int code = ext4_lookup(r->fs, path, !r->opts->no_follow, &r->inode, f);

    if (code != 0)
        return code;
    text_shown(shown, path);
    if (r->inode.type != EXT4_FILE)
        return fault_set(f, FAULT_SYSTEM, "%s is %s, not a file", shown, kind_of(r->inode.type));
    if (ext4_is_encrypted(&r->inode))
        return fault_set(f, FAULT_UNSUPPORTED, "%s: inode %u: it is encrypted", shown,
                         r->inode.number);
    if (ext4_map_load(r->fs, &r->inode, &r->map, f) != 0)
        return fault_prefix(f, "%s", shown);
    return 0;
}

static int write_file(struct run *r, const char *path, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];
    struct source *data;
    int code;

    /* Opened once there is something to write.  A terminal is not refused: most files that people
     * ask for are text. */
    if (!r->product.sink && product_open(&r->product, r->cli, OUTPUT_ANY, 0, f) != 0)
        return f->code;
    if ((code = ext4_data_open(r->fs, &r->map, &data, f)) != 0)
        return code;
    code = engine_move(r->engine, data, 0, r->map.size, r->product.sink, &r->product.progress, f);
    source_close(data);
    return code == FAULT_DAMAGED ? fault_prefix(f, "%s", text_shown(shown, path)) : code;
}

/* The exit status.  A reader that has enough does not undo what was told before. */
static int fail(struct cli *cli, const struct fault *f, int status)
{
    return f->code == FAULT_READER_GONE ? status : cli_fail(cli, f);
}

/* The exit status: a path that is no file is told, and the others are written all the same. */
static int write_all(struct cli *cli, struct run *r)
{
    struct fault f;
    int status = CLI_DONE;

    for (int i = 1; i < cli_operands(cli); i++) {
        int code = find_file(r, cli_operand(cli, i), &f);

        if (code == 0) {
            if ((code = write_file(r, cli_operand(cli, i), &f)) != 0)
                return fail(cli, &f, status);
        } else {
            status = cli_fail(cli, &f);
            if (code != FAULT_SYSTEM)
                return status;
        }
    }
    return status;
}

static int run(struct cli *cli, struct run *r)
{
    struct fault f;
    int status;

    if (ext4file_open(cli, cli_operand(cli, 0), &r->opts->file, &r->device, &r->fs, &f) != 0 ||
        engine_open(&r->engine, &f) != 0)
        return cli_fail(cli, &f);
    status = write_all(cli, r);
    if (!r->product.sink || (status != CLI_DONE && cli->output))
        return status;
    /* Also after a path that is no file: what went to standard output is still to arrive. */
    return product_finish(&r->product, 0, &f) != 0 ? fail(cli, &f, status) : status;
}

int main(int argc, char **argv)
{
    struct opts opts = {0};
    struct cli cli;
    struct run r = {.cli = &cli, .opts = &opts};
    int status, end;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &opts);
    status = run(&cli, &r);
    product_close(&r.product);
    engine_close(r.engine);
    ext4_inode_free(&r.inode);
    ext4_map_free(&r.map);
    ext4_close(r.fs);
    source_close(r.device);
    ext4file_options_free(&opts.file);
    end = cli_end(&cli);
    return status != CLI_DONE ? status : end;
}
