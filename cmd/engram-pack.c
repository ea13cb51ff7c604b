/* SPDX-License-Identifier: MIT */
/* engram-pack: a manifest as an engram. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cli.h"
#include "engram/writer.h"
#include "io/stream.h"
#include "manifest/reader.h"
#include "shared/engramfile.h"
#include "shared/explain.h"
#include "shared/mistaken.h"
#include "shared/packbase.h"
#include "shared/packmemory.h"
#include "shared/packsizes.h"
#include "shared/product.h"
#include "shared/ruleset.h"

enum { KEY_RULES_DUMP = CLI_LONG_ONLY, KEY_EXPLAIN, KEY_DRY_RUN, KEY_MEMORY };

static const struct cli_option options[] = {
    {'b', "base", "ENGRAM", "store only what ENGRAM does not have, and name it as the base"},
    ENGRAMFILE_OPTIONS,
    {'r', "rules", "RULES", "compress by these rules: fast, balanced (default), max, or a file"},
    {KEY_RULES_DUMP, "rules-dump", NULL, "print the rules, as a file to start from; pack nothing"},
    {KEY_EXPLAIN, "explain", NULL,
     "list the files, each with its profile and its rule; pack nothing"},
    {KEY_DRY_RUN, "dry-run", NULL, "print what each profile would come to; write no engram"},
    CLI_OPTION_JSON,
    CLI_OPTION_JOBS,
    {KEY_MEMORY, "memory", "SIZE",
     "use no more memory than this, and fewer threads (default: 512M)"},
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-pack",
    .operands = "[MANIFEST]",
    .summary = "pack a manifest with its data into an engram",
    .options = options,
};

struct opts {
    const char *base; /* NULL: none */
    struct engramfile_options file;
    const char *rules; /* the name of a set, or a file's */
    struct packmemory memory;
    bool rules_dump, explain, dry_run; /* one at most */
    bool json;
};

static void take_option(struct cli *cli, int key, const char *value, struct opts *o)
{
    switch (key) {
    case 'b':
        o->base = value;
        break;
    case 'r':
        o->rules = value;
        break;
    case KEY_RULES_DUMP:
        o->rules_dump = true;
        break;
    case KEY_EXPLAIN:
        o->explain = true;
        break;
    case KEY_DRY_RUN:
        o->dry_run = true;
        break;
    case CLI_KEY_JSON:
        o->json = true;
        break;
    case KEY_MEMORY:
        packmemory_parse(&o->memory, cli, value);
        break;
    default:
        engramfile_option(&o->file, cli, key, value);
        break;
    }
}

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    o->rules = "balanced";
    o->memory = packmemory_default;
    while ((key = cli_next(cli, &value)) != CLI_END)
        take_option(cli, key, value, o);
    cli_operands_at_most(cli, 1, "one MANIFEST");
    if (o->rules_dump + o->explain + o->dry_run > 1)
        cli_usage(cli, "only one of '--rules-dump', '--explain' and '--dry-run' can be asked for");
    if (o->rules_dump && cli_operands(cli) > 0)
        cli_usage(cli, "option '--rules-dump' reads no MANIFEST");
    if (o->base && (o->rules_dump || o->explain))
        cli_usage(cli, "option '--base' goes with neither '--rules-dump' nor '--explain'");
    if (o->json && !o->explain && !o->dry_run)
        cli_usage(cli, "option '--json' goes with '--explain' or '--dry-run'");
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    struct ruleset ruleset;
    unsigned threads;
    int fd;         /* of the manifest; -1 if none, or standard input */
    uint64_t total; /* bytes of it; 0 if it is no regular file */
    struct stream *stream;
    struct manifest_reader *manifest;
    struct packbase base;
    struct product product;
    struct sink *nowhere; /* for the engram of a dry run */
    struct engram_writer *writer;
    struct entry entry;
};

static int open_manifest(struct cli *cli, struct run *r, struct fault *f)
{
    const char *path = cli_input(cli, cli_operand(cli, 0));
    struct stat st;

    if (path) {
        r->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (r->fd < 0)
            return fault_errno(f, errno, "cannot open");
    }
    if (fstat(path ? r->fd : STDIN_FILENO, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return fault_set(f, FAULT_USAGE, "is a directory, not a manifest");
        if (S_ISREG(st.st_mode))
            r->total = (uint64_t)st.st_size;
    }
    if (stream_open(path ? r->fd : STDIN_FILENO, cli->operand, &r->stream, f) < 0)
        return f->code;
    if (manifest_reader_open(r->stream, &r->manifest, f) < 0)
        return mistaken_manifest(r->stream, f);
    if (!manifest_has_data(r->manifest) && !r->opts->explain)
        return fault_set(f, FAULT_USAGE,
                         "the manifest has no data (data=none): there is nothing to pack");
    return 0;
}

/* In bytes of the manifest, of which a file's size says how many there are. */
static void tell_progress(struct run *r)
{
    progress_at(&r->product.progress, stream_offset(r->stream), engram_writer_bytes(r->writer));
}

static int pack_data(struct run *r, struct fault *f)
{
    const uint8_t *bytes;
    size_t got;

    for (;;) {
        if (manifest_data(r->manifest, &bytes, &got, f) < 0)
            return f->code;
        if (got == 0)
            return 0;
        if (engram_writer_data(r->writer, bytes, got, f) < 0)
            return f->code;
        tell_progress(r);
    }
}

static int pack_all(struct run *r, struct engram_info *info, struct fault *f)
{
    bool more;

    for (;;) {
        if (manifest_next(r->manifest, &r->entry, &more, f) < 0)
            return f->code;
        if (!more)
            break;
        progress_file(&r->product.progress, r->entry.path);
        tell_progress(r); /* names without data take their time, too */
        if (engram_writer_entry(r->writer, &r->entry, f) < 0 || pack_data(r, f) < 0)
            return f->code;
    }
    progress_file(&r->product.progress, NULL); /* the last one's path is gone */
    if (engram_writer_finish(r->writer, info, f) < 0)
        return f->code;
    tell_progress(r);
    return 0;
}

static int open_writer(struct run *r, struct sink *to, struct fault *f)
{
    return engram_writer_open_based(to, &r->ruleset.rules, r->threads, packbase_of(&r->base),
                                    &r->writer, f);
}

static int pack(struct run *r, struct fault *f)
{
    bool dry = r->opts->dry_run;
    struct engram_info info;

    if ((dry && sink_to_nowhere(&r->nowhere, f) < 0) ||
        open_writer(r, dry ? r->nowhere : r->product.sink, f) < 0 || pack_all(r, &info, f) < 0)
        return f->code;
    return dry ? packsizes_print(&r->product, r->opts->json, r->writer, &info, f) : 0;
}

static int explain(struct run *r, struct fault *f)
{
    return explain_manifest(r->manifest, &r->ruleset.rules, r->opts->json, &r->product, f);
}

static int dump_rules(struct run *r, struct fault *f)
{
    return sink_data(r->product.sink, r->ruleset.text, r->ruleset.length, f);
}

static int run(struct cli *cli, struct run *r, struct fault *f)
{
    const struct opts *o = r->opts;
    bool packs = !o->rules_dump && !o->explain, is_text = !packs || o->dry_run;
    struct ruleset *s = &r->ruleset;
    int code;

    if (ruleset_open(s, o->rules, f) < 0 ||
        (s->path && product_refuse_input(cli, s->path, f) < 0) ||
        (o->base && packbase_open(&r->base, cli, &o->file, o->base, f) < 0))
        return f->code;
    if (packs)
        r->threads = packmemory_threads(&o->memory, cli, &s->rules, packbase_of(&r->base));
    if ((!o->rules_dump && open_manifest(cli, r, f) < 0) ||
        product_open(&r->product, cli, is_text ? OUTPUT_ANY : OUTPUT_BINARY, r->total, f) < 0)
        return f->code;
    code = (o->rules_dump ? dump_rules : o->explain ? explain : pack)(r, f);
    code = product_finish(&r->product, code, f);
    if (code == 0 && !is_text)
        packbase_note_place(&r->base, cli);
    return code;
}

static void close_all(struct run *r)
{
    engram_writer_close(r->writer);
    sink_close(r->nowhere);
    ruleset_close(&r->ruleset);
    product_close(&r->product);
    packbase_close(&r->base);
    manifest_reader_close(r->manifest);
    stream_close(r->stream);
    entry_free(&r->entry);
    if (r->fd >= 0)
        close(r->fd);
}

int main(int argc, char **argv)
{
    struct opts opts = {0};
    struct run r = {.opts = &opts, .fd = -1};
    struct cli cli;
    struct fault f;
    int code;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &opts);
    code = run(&cli, &r, &f);
    close_all(&r);
    engramfile_options_free(&opts.file);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
