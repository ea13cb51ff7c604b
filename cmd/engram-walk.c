/* SPDX-License-Identifier: MIT */
/* engram-walk: an engram as the manifest that it was packed from. */
#include "base/cli.h"
#include "engram/engram.h"
#include "engram/totals.h"
#include "manifest/writer.h"
#include "shared/engramfile.h"
#include "shared/product.h"

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
    bool no_data;
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END)
        if (key == 'n')
            o->no_data = true;
    cli_operands_at_most(cli, 1, "one ENGRAM");
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    struct source *source;
    struct engram *engram;
    struct engram_walk *walk;
    struct engram_item item;
    struct product product;
    struct manifest_writer *writer;
    struct totals *totals;
};

static int open_all(struct cli *cli, struct run *r, struct fault *f)
{
    if (engramfile_open(cli, cli_operand(cli, 0), &r->source, &r->engram, f) < 0 ||
        engram_walk_open(r->engram, "/", &r->walk, f) < 0 || totals_open(&r->totals, f) < 0 ||
        product_open(&r->product, cli, OUTPUT_BINARY, engram_info(r->engram)->data_bytes, f) < 0)
        return f->code;
    return manifest_writer_open(r->product.sink, !r->opts->no_data, &r->writer, f);
}

static int write_item(struct run *r, struct fault *f)
{
    uint64_t bytes = r->opts->no_data ? 0 : entry_data_bytes(&r->item.entry);

    if (totals_add(r->totals, &r->item, f) < 0 ||
        manifest_write_entry(r->writer, &r->item.entry, f) < 0)
        return f->code;
    if (bytes == 0)
        return 0;
    if (engram_read_data(r->engram, &r->item, r->product.sink, f) < 0)
        return f->code;
    manifest_writer_data(r->writer, bytes);
    progress_add(&r->product.progress, bytes);
    return 0;
}

static int write_all(struct run *r, struct fault *f)
{
    bool more = true;

    for (;;) {
        if (engram_walk_next(r->walk, &r->item, &more, f) < 0)
            return f->code;
        if (!more)
            break;
        if (write_item(r, f) < 0)
            return f->code;
    }
    /* Only a manifest of just the tree that was packed gets its end. */
    if (totals_check(r->totals, engram_info(r->engram), f) < 0)
        return f->code;
    return manifest_writer_end(r->writer, f);
}

static int run(struct cli *cli, struct run *r, struct fault *f)
{
    int code = open_all(cli, r, f);

    if (code < 0)
        return code;
    code = write_all(r, f);
    if (code < 0)
        manifest_writer_fail(r->writer, f);
    return product_finish(&r->product, code, f);
}

static void close_all(struct run *r)
{
    manifest_writer_close(r->writer);
    totals_close(r->totals);
    product_close(&r->product);
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
