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
#include "base/size.h"
#include "engram/budget.h"
#include "engram/profile.h"
#include "engram/writer.h"
#include "io/stream.h"
#include "manifest/reader.h"
#include "shared/product.h"

enum { MIB = 1 << 20, BUFFER_BYTES = MIB };

enum { KEY_MEMORY = CLI_LONG_ONLY };

static const struct cli_option options[] = {
    {'r', "rules", "SET", "compress by this set of rules: fast, balanced (default) or max"},
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
    const struct rules *rules;
    uint64_t memory;
};

static uint64_t parse_memory(const struct cli *cli, const char *text)
{
    uint64_t size;
    bool has_unit;

    if (!size_parse(text, &size, &has_unit))
        cli_usage(cli, "option '--memory' takes a size such as 512M or 2G, not '%s'", text);
    return size;
}

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    o->rules = rules_builtin("balanced");
    o->memory = BUDGET_DEFAULT;
    while ((key = cli_next(cli, &value)) != CLI_END) {
        switch (key) {
        case 'r':
            o->rules = rules_builtin(value);
            if (!o->rules)
                cli_usage(cli, "option '--rules' takes fast, balanced or max, not '%s'", value);
            break;
        case KEY_MEMORY:
            o->memory = parse_memory(cli, value);
            break;
        default:
            break;
        }
    }
    cli_operands_at_most(cli, 1, "one MANIFEST");
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    int fd;         /* of the manifest; -1 if none, or standard input */
    uint64_t total; /* bytes of it; 0 if it is no regular file */
    struct stream *stream;
    struct manifest_reader *manifest;
    struct product product;
    struct engram_writer *writer;
    struct entry entry;
    uint8_t *buffer;
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
    if (stream_open(path ? r->fd : STDIN_FILENO, cli->operand, &r->stream, f) < 0 ||
        manifest_reader_open(r->stream, &r->manifest, f) < 0)
        return f->code;
    if (!manifest_has_data(r->manifest))
        return fault_set(f, FAULT_USAGE,
                         "the manifest has no data (data=none): there is nothing to pack");
    return 0;
}

/* As many threads as were asked for and as fit into the memory. */
static int count_threads(const struct cli *cli, const struct opts *o, unsigned *threads,
                         struct fault *f)
{
    *threads = budget_threads(o->rules, cli->jobs, o->memory);
    if (*threads == 0)
        return fault_set(f, FAULT_USAGE,
                         "--memory is %" PRIu64 " MiB, but these rules need %" PRIu64
                         " MiB for one thread",
                         o->memory >> 20, (budget_bytes(o->rules, 1) + MIB - 1) / MIB);
    return 0;
}

static int open_all(struct cli *cli, struct run *r, struct fault *f)
{
    unsigned threads;

    r->buffer = malloc(BUFFER_BYTES);
    if (!r->buffer)
        return fault_memory(f, "a buffer", BUFFER_BYTES);
    if (open_manifest(cli, r, f) < 0 || count_threads(cli, r->opts, &threads, f) < 0 ||
        product_open(&r->product, cli, OUTPUT_BINARY, r->total, f) < 0)
        return f->code;
    return engram_writer_open(r->product.sink, r->opts->rules, threads, &r->writer, f);
}

/* In bytes of the manifest, of which a file's size says how many there are. */
static void tell_progress(struct run *r)
{
    progress_at(&r->product.progress, stream_offset(r->stream), engram_writer_bytes(r->writer));
}

static int pack_data(struct run *r, struct fault *f)
{
    size_t got;

    for (;;) {
        if (manifest_read(r->manifest, r->buffer, BUFFER_BYTES, &got, f) < 0)
            return f->code;
        if (got == 0)
            return 0;
        if (engram_writer_data(r->writer, r->buffer, got, f) < 0)
            return f->code;
        tell_progress(r);
    }
}

static int finish(struct run *r, struct fault *f)
{
    struct engram_info info;
    int code = engram_writer_finish(r->writer, &info, f);

    tell_progress(r);
    return code;
}

static int pack_all(struct run *r, struct fault *f)
{
    bool more;

    for (;;) {
        if (manifest_next(r->manifest, &r->entry, &more, f) < 0)
            return f->code;
        if (!more)
            return finish(r, f);
        progress_file(&r->product.progress, r->entry.path);
        if (engram_writer_entry(r->writer, &r->entry, f) < 0 || pack_data(r, f) < 0)
            return f->code;
    }
}

static int run(struct cli *cli, struct run *r, struct fault *f)
{
    int code = open_all(cli, r, f);

    if (code < 0)
        return code;
    return product_finish(&r->product, pack_all(r, f), f);
}

static void close_all(struct run *r)
{
    engram_writer_close(r->writer);
    product_close(&r->product);
    manifest_reader_close(r->manifest);
    stream_close(r->stream);
    entry_free(&r->entry);
    free(r->buffer);
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
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
