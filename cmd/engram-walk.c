/* SPDX-License-Identifier: MIT */
/* engram-walk: an engram as the manifest that it was packed from, whole or in part. */
#include "base/cli.h"
#include "engram/engram.h"
#include "engram/selectwalk.h"
#include "engram/soundwalk.h"
#include "engram/totals.h"
#include "manifest/writer.h"
#include "shared/engramfile.h"
#include "shared/picks.h"
#include "shared/product.h"

enum { KEY_KEEP_GOING = CLI_LONG_ONLY };

static const struct cli_option options[] = {
    ENGRAMFILE_OPTIONS,
    PICKS_OPTION_EXCLUDE,
    {KEY_KEEP_GOING, "keep-going", NULL, "tell of what is damaged, leave it out, and go on"},
    {'n', "no-data", NULL, "write the records only, not the files' data"},
    CLI_OPTION_JOBS,
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-walk",
    .operands = "[ENGRAM [PATH...]]",
    .summary = "write an engram as the manifest that it was packed from",
    .options = options,
};

struct opts {
    struct engramfile_options file;
    struct picks picks;
    bool keep_going;
    bool no_data;
};

static int parse(struct cli *cli, struct opts *o, struct fault *f)
{
    const char *value;
    int key, code = 0;

    while (code == 0 && (key = cli_next(cli, &value)) != CLI_END) {
        if (key == 'n')
            o->no_data = true;
        else if (key == KEY_KEEP_GOING)
            o->keep_going = true;
        else if (key == 'x')
            code = picks_exclude(&o->picks, cli, value, f);
        else
            engramfile_option(&o->file, cli, key, value);
    }
    return code == 0 ? picks_paths(&o->picks, cli, f) : code;
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    struct picked from;
    struct select_walk *walk;
    struct sound_walk *sound; /* NULL: the first damage is the end */
    struct engram_item item;
    struct product product;
    struct manifest_writer *writer;
    struct totals *totals; /* NULL: only a part is written, of which the engram has no totals */
};

static int open_all(struct cli *cli, struct run *r, struct fault *f)
{
    const struct opts *o = r->opts;
    struct picked *from = &r->from;
    uint64_t bytes;

    if (picks_open(&o->picks, cli, &o->file, from, f) < 0 ||
        select_walk_open(from->engram, from->selection, &r->walk, f) < 0 ||
        (o->keep_going &&
         sound_walk_open(from->engram, r->walk, !o->no_data, &cli->notices, &r->sound, f) < 0) ||
        (selection_is_all(from->selection) && totals_open(&r->totals, f) < 0))
        return f->code;
    bytes = r->totals ? engram_info(from->engram)->data_bytes : 0;
    if (product_open(&r->product, cli, OUTPUT_BINARY, bytes, f) < 0)
        return f->code;
    if (!o->no_data) {
        if (engram_threads(from->engram, cli->jobs, f) < 0)
            return f->code;
        select_walk_read_ahead(r->walk);
    }
    return manifest_writer_open(r->product.sink, !o->no_data, &r->writer, f);
}

static int next_item(struct run *r, bool *more, struct fault *f)
{
    return r->sound ? sound_walk_next(r->sound, &r->item, more, f)
                    : select_walk_next(r->walk, &r->item, more, f);
}

/* Has all been written so far of what the engram has totals of? */
static bool has_totals(const struct run *r)
{
    return r->totals && !(r->sound && sound_walk_has_losses(r->sound));
}

static int write_item(struct run *r, struct fault *f)
{
    uint64_t bytes = r->opts->no_data ? 0 : entry_data_bytes(&r->item.entry);

    progress_file(&r->product.progress, r->item.entry.path);
    if ((has_totals(r) && totals_add(r->totals, &r->item, f) < 0) ||
        manifest_write_entry(r->writer, &r->item.entry, f) < 0)
        return f->code;
    if (bytes == 0)
        return 0;
    if (engram_read_data(r->from.engram, &r->item, r->product.sink, f) < 0)
        return f->code;
    manifest_writer_data(r->writer, bytes);
    progress_add(&r->product.progress, bytes);
    return 0;
}

static int write_all(struct cli *cli, struct run *r, struct fault *f)
{
    bool more = true;

    for (;;) {
        if (next_item(r, &more, f) < 0)
            return f->code;
        if (!more)
            break;
        if (write_item(r, f) < 0)
            return f->code;
    }
    /* Only a manifest of just the tree that was packed, or of all that was asked for, gets its end;
     * or of what is left of these, if that was asked for. */
    if ((has_totals(r) && totals_check(r->totals, engram_info(r->from.engram), f) < 0) ||
        picks_check(&r->opts->picks, cli, r->from.selection, PICKS_ALL, f) < 0)
        return f->code;
    return manifest_writer_end(r->writer, f);
}

static int run(struct cli *cli, struct run *r, struct fault *f)
{
    int code = open_all(cli, r, f);

    if (code < 0)
        return code;
    code = write_all(cli, r, f);
    if (code < 0)
        manifest_writer_fail(r->writer, f);
    return product_finish(&r->product, code, f);
}

static void close_all(struct run *r)
{
    manifest_writer_close(r->writer);
    totals_close(r->totals);
    product_close(&r->product);
    sound_walk_close(r->sound);
    select_walk_close(r->walk);
    engram_item_free(&r->item);
    picks_close(&r->from);
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
    picks_free(&opts.picks);
    engramfile_options_free(&opts.file);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
