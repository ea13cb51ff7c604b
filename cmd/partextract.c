/* SPDX-License-Identifier: MIT */
/* partextract: writes one partition of a disk. */
#include <inttypes.h>
#include <stdio.h>

#include "base/cli.h"
#include "base/output.h"
#include "base/progress.h"
#include "io/engine.h"
#include "io/sink.h"
#include "part/part.h"
#include "shared/image.h"

struct opts {
    struct image_options image;
    const char *output;
    const char *selector;
    bool progress;
};

static const struct cli_option options[] = {
    IMAGE_OPTION_FORMAT, CLI_OPTION_OUTPUT,     CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS, {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "partextract",
    .operands = "SEL [IMAGE]",
    .summary = "write one partition of a disk",
    .options = options,
};

static void parse_options(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        switch (key) {
        case 'f':
            o->image.format = image_format(cli, value);
            break;
        case 'o':
            o->output = value;
            break;
        case 'q':
            cli->quiet = true;
            break;
        case 'P':
            o->progress = true;
            break;
        }
    }
    o->selector = cli_operand(cli, 0);
    if (!o->selector)
        cli_usage(cli, "which partition?");
    if (cli_operands(cli) > 2)
        cli_usage(cli, "SEL and one IMAGE at most, not %d operands", cli_operands(cli));
}

/* A pipe is passed on without being kept, and read no further than the partition's end. */
static int move(struct cli *cli, const struct opts *o, struct source *disk,
                const struct part_entry *e, struct output *out, struct fault *f)
{
    struct engine *engine = NULL;
    struct sink *sink = NULL;
    struct progress progress;

    if (engine_open(&engine, f) < 0 || sink_to_fd(output_fd(out), output_name(out), &sink, f) < 0)
        goto fail;
    progress_start(&progress, cli->command->name, e->length, o->progress, cli->quiet);
    if (engine_stream(engine, disk, e->start, e->length, sink, &progress, f) < 0 ||
        sink_finish(sink, f) < 0) {
        progress_end(&progress);
        goto fail;
    }
    progress_end(&progress);
    sink_close(sink);
    engine_close(engine);
    return 0;
fail:
    sink_close(sink);
    engine_close(engine);
    return f->code;
}

static int extract(struct cli *cli, const struct opts *o, struct source *disk,
                   const struct part_entry *e, struct fault *f)
{
    struct output *out = NULL;

    if (output_open(o->output, &out, f) < 0)
        return f->code;
    if (move(cli, o, disk, e, out, f) < 0) {
        output_discard(out);
        if (f->code == FAULT_DAMAGED)
            fault_prefix(f, "partition %u (bytes %" PRIu64 " to %" PRIu64 ")", e->number, e->start,
                         e->start + e->length);
        return f->code;
    }
    return output_commit(out, f);
}

static int run(struct cli *cli, const struct opts *o)
{
    const struct part_entry *entry;
    struct part_table *table = NULL;
    struct source *disk = NULL;
    struct fault f;
    int code = image_open(cli, cli_operand(cli, 1), &o->image, &disk, &f);

    if (code == 0)
        code = part_read(disk, &cli->notices, &table, &f);
    if (code == 0)
        code = part_select(table, o->selector, &entry, &f);
    if (code == 0)
        code = extract(cli, o, disk, entry, &f);
    part_table_free(table);
    source_close(disk);
    return code < 0 ? cli_fail(cli, &f) : cli_end(cli);
}

int main(int argc, char **argv)
{
    struct opts o = {0};
    struct cli cli;

    cli_start(&cli, &command, argc, argv);
    parse_options(&cli, &o);
    return run(&cli, &o);
}
