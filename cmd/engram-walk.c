/* SPDX-License-Identifier: MIT */
/* engram-walk: an engram as the manifest that it was packed from. */
#include "base/cli.h"
#include "base/output.h"
#include "base/progress.h"
#include "engram/engram.h"
#include "io/sink.h"
#include "manifest/writer.h"
#include "shared/engramfile.h"

static const struct cli_option options[] = {
    {'n', "no-data", NULL, "write the records only, not the files' data"},
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-walk",
    .operands = "[ENGRAM]",
    .summary = "write an engram as the manifest that it was packed from",
    .options = options,
};

struct opts {
    const char *output;
    bool no_data;
    bool progress;
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
        case 'o':
            o->output = value;
            break;
        case 'q':
            cli->quiet = true;
            break;
        case 'P':
            o->progress = true;
            break;
        default:
            break;
        }
    }
    if (cli_operands(cli) > 1)
        cli_usage(cli, "one ENGRAM at most, not %d", cli_operands(cli));
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    struct source *source;
    struct engram *engram;
    struct engram_walk *walk;
    struct engram_item item;
    struct output *output;
    struct sink *sink;
    struct manifest_writer *writer;
    struct progress progress;
};

static int open_all(struct cli *cli, struct run *r, struct fault *f)
{
    if (engramfile_open(cli, cli_operand(cli, 0), &r->source, &r->engram, f) < 0 ||
        engram_walk_open(r->engram, "/", &r->walk, f) < 0 ||
        output_open(r->opts->output, &r->output, f) < 0 ||
        sink_to_fd(output_fd(r->output), output_name(r->output), &r->sink, f) < 0)
        return f->code;
    return manifest_writer_open(r->sink, !r->opts->no_data, &r->writer, f);
}

static int write_item(struct run *r, struct fault *f)
{
    uint64_t bytes = r->opts->no_data ? 0 : entry_data_bytes(&r->item.entry);

    if (manifest_write_entry(r->writer, &r->item.entry, f) < 0)
        return f->code;
    if (bytes == 0)
        return 0;
    if (engram_read_data(r->engram, &r->item, r->sink, f) < 0)
        return f->code;
    manifest_writer_data(r->writer, bytes);
    progress_add(&r->progress, bytes);
    return 0;
}

static int write_all(struct run *r, struct fault *f)
{
    bool more = true;

    for (;;) {
        if (engram_walk_next(r->walk, &r->item, &more, f) < 0)
            return f->code;
        if (!more)
            return manifest_writer_end(r->writer, f);
        if (write_item(r, f) < 0)
            return f->code;
    }
}

static int run(struct cli *cli, struct run *r, struct fault *f)
{
    struct fault unheard;
    int code = open_all(cli, r, f);

    if (code < 0)
        return code;
    progress_start(&r->progress, "engram-walk", engram_info(r->engram)->data_bytes,
                   r->opts->progress, cli->quiet);
    code = write_all(r, f);
    progress_end(&r->progress);
    if (code < 0) {
        manifest_writer_fail(r->writer, f);
        sink_finish(r->sink, &unheard);
        return code;
    }
    if ((code = sink_finish(r->sink, f)) < 0)
        return code;
    code = output_commit(r->output, f);
    r->output = NULL;
    return code;
}

static void close_all(struct run *r)
{
    manifest_writer_close(r->writer);
    sink_close(r->sink);
    output_discard(r->output);
    engram_walk_close(r->walk);
    engram_item_free(&r->item);
    engram_close(r->engram);
    source_close(r->source);
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
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
