/* SPDX-License-Identifier: MIT */
/* Writes the guest disk of a qcow2 image, its backing chain included, as a raw stream. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/output.h"
#include "base/progress.h"
#include "io/engine.h"
#include "io/sink.h"
#include "io/source.h"
#include "qcow2/qcow2.h"

enum { KEY_BACKING_DIR = CLI_LONG_ONLY, KEY_NO_BACKING };

static const struct cli_option option_table[] = {
    {'f', "format", "FMT", "IMAGE is raw or qcow2 (default: detected, from a pipe too)"},
    CLI_OPTION_OUTPUT,
    {KEY_BACKING_DIR, "backing-dir", "DIR", "backing files may lie in DIR too (repeatable)"},
    {KEY_NO_BACKING, "no-backing", NULL, "refuse an image that needs a backing file"},
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "qcow2cat",
    .operands = "[IMAGE]",
    .summary = "write the guest disk of a qcow2 image as a raw stream",
    .options = option_table,
};

struct opts {
    const char *format; /* NULL: detected */
    const char *output; /* NULL: standard output */
    const char *image;  /* NULL: standard input */
    const char **backing_dirs;
    size_t backing_dir_count;
    bool no_backing;
    bool progress;
};

static const char *checked_format(const struct cli *cli, const char *text)
{
    if (strcmp(text, "raw") != 0 && strcmp(text, "qcow2") != 0)
        cli_usage(cli, "option '--format' takes raw or qcow2, not '%s'", text);
    return text;
}

/* o->backing_dirs has room for as many elements as there are arguments. */
static void read_options(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        switch (key) {
        case 'f':
            o->format = checked_format(cli, value);
            break;
        case 'o':
            o->output = value;
            break;
        case KEY_BACKING_DIR:
            o->backing_dirs[o->backing_dir_count++] = value;
            break;
        case KEY_NO_BACKING:
            o->no_backing = true;
            break;
        case 'q':
            cli->quiet = true;
            break;
        case 'P':
            o->progress = true;
            break;
        }
    }
    if (cli_operands(cli) > 1)
        cli_usage(cli, "one IMAGE at most, not %d", cli_operands(cli));
    o->image = cli_operand(cli, 0);
    if (o->image && strcmp(o->image, "-") == 0)
        o->image = NULL;
}

static int is_qcow2(struct source *s, const char *format, bool *answer, struct fault *f)
{
    uint8_t head[QCOW2_MAGIC_BYTES];
    size_t got = 0;

    if (!format && source_head(s, head, sizeof(head), &got, f) < 0)
        return f->code;
    *answer = format ? strcmp(format, "qcow2") == 0 : qcow2_detect(head, got);
    return 0;
}

/* The disk in the operand.  Unlike other commands, this one looks for qcow2 in a pipe as well. */
static int open_disk(struct cli *cli, const struct opts *o, struct source **disk, struct fault *f)
{
    const struct qcow2_options options = {
        .no_backing = o->no_backing,
        .backing_dirs = o->backing_dirs,
        .backing_dir_count = o->backing_dir_count,
        .notices = &cli->notices,
    };
    struct source *file;
    bool qcow2 = false;

    cli->operand = o->image ? o->image : "standard input";
    if ((o->image ? source_open_file(o->image, &file, f) : source_open_stdin(&file, f)) < 0)
        return f->code;
    if (is_qcow2(file, o->format, &qcow2, f) < 0) {
        source_close(file);
        return f->code;
    }
    if (qcow2)
        return qcow2_open(file, o->image, &options, disk, f);
    *disk = file;
    return 0;
}

/* Move the whole disk; what comes from a pipe as raw bytes is passed on without being kept. */
static int copy_disk(struct source *disk, struct sink *to, struct progress *progress,
                     struct fault *f)
{
    struct engine *engine;
    int code;

    if (engine_open(&engine, f) < 0)
        return f->code;
    code = engine_stream(engine, disk, 0, SIZE_UNKNOWN, to, progress, f);
    engine_close(engine);
    return code == 0 ? sink_finish(to, f) : code;
}

/* Everything behind the options: what has been opened is closed whatever happens. */
static int run(struct cli *cli, const struct opts *o, struct fault *f)
{
    struct output *output = NULL;
    struct sink *sink = NULL;
    struct source *disk;
    struct progress progress;
    int code;

    if (open_disk(cli, o, &disk, f) < 0)
        return f->code;
    code = output_open(o->output, &output, f);
    if (code == 0)
        code = sink_to_fd(output_fd(output), output_name(output), &sink, f);
    if (code == 0) {
        progress_start(&progress, command.name, disk->size == SIZE_UNKNOWN ? 0 : disk->size,
                       o->progress, cli->quiet);
        code = copy_disk(disk, sink, &progress, f);
        progress_end(&progress);
    }
    sink_close(sink);
    source_close(disk);
    if (code < 0) {
        output_discard(output);
        return code;
    }
    return output_commit(output, f);
}

int main(int argc, char **argv)
{
    struct opts o = {.backing_dirs = calloc((size_t)argc + 1, sizeof(*o.backing_dirs))};
    struct fault f;
    struct cli cli;
    int status;

    cli_start(&cli, &command, argc, argv);
    if (!o.backing_dirs) {
        fault_memory(&f, "options", (size_t)argc * sizeof(*o.backing_dirs));
        return cli_fail(&cli, &f);
    }
    read_options(&cli, &o);
    status = run(&cli, &o, &f) < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
    free(o.backing_dirs);
    return status;
}
