/* SPDX-License-Identifier: MIT */
/* engram-cat: the bytes of named files of an engram. */
#include <stdlib.h>

#include "base/checked.h"
#include "base/cli.h"
#include "base/text.h"
#include "engram/engram.h"
#include "engram/pathspec.h"
#include "engram/resolve.h"
#include "shared/engramfile.h"
#include "shared/product.h"
#include "shared/range.h"

static const struct cli_option options[] = {
    ENGRAMFILE_OPTIONS,
    RANGE_OPTION("write LEN bytes from offset OFF of the one file"),
    CLI_OPTION_OUTPUT,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-cat",
    .operands = "ENGRAM PATH...",
    .summary = "write the bytes of files of an engram",
    .options = options,
};

struct opts {
    struct engramfile_options file;
    struct range range;
    bool has_range;
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == RANGE_KEY) {
            range_parse(&o->range, cli, value);
            o->has_range = true;
        }
        engramfile_option(&o->file, cli, key, value);
    }
    if (cli_operands(cli) < 2)
        cli_usage(cli, "an ENGRAM and at least one PATH are needed");
    if (o->has_range && cli_operands(cli) > 2)
        cli_usage(cli, "option '--range' is for one PATH, not %d", cli_operands(cli) - 1);
}

/* Everything that a run holds open. */
struct run {
    const struct cli *cli;
    const struct opts *opts;
    struct source *source;
    struct engram *engram;
    struct engram_item item;
    struct product product; /* all zero before the first file */
};

static const char *kind_of(enum entry_type type)
{
    switch (type) {
    case ENTRY_DIRECTORY:
        return "a directory";
    case ENTRY_CHAR_DEVICE:
    case ENTRY_BLOCK_DEVICE:
        return "a device";
    case ENTRY_FIFO:
        return "a named pipe";
    default:
        return "a socket";
    }
}

/* Is what is in r->item, for this path, a file that has the range? */
static int check_file(const struct run *r, const char *path, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];
    const struct range *range = &r->opts->range;
    uint64_t size = r->item.entry.size;

    text_shown(shown, path);
    if (r->item.entry.type != ENTRY_FILE)
        return fault_set(f, FAULT_SYSTEM, "%s is %s, not a file", shown,
                         kind_of(r->item.entry.type));
    if (r->opts->has_range && !range_within(range->offset, range->length, size))
        return fault_set(f, FAULT_USAGE, "--range=%llu+%llu passes the end of %s (%llu bytes)",
                         ull(range->offset), ull(range->length), shown, ull(size));
    return 0;
}

static int write_file(struct run *r, struct fault *f)
{
    const struct range *range = &r->opts->range;

    /* Opened once there is something to write.  A terminal is not refused: most files that people
     * ask for are text. */
    if (r->product.sink == NULL && product_open(&r->product, r->cli, OUTPUT_ANY, 0, f) < 0)
        return f->code;
    if (!r->opts->has_range)
        return engram_read_file(r->engram, &r->item, r->product.sink, f);
    return engram_read_range(r->engram, &r->item, range->offset, range->length, r->product.sink, f);
}

/* ---- patterns ---- */

/* The file that the hard link in r->item names takes its place there. */
static int follow_link(struct run *r, struct fault *f)
{
    char *path = r->item.entry.path, *link = r->item.entry.link;
    char shown[TEXT_SHOWN_BYTES];
    int rc;

    r->item.entry.path = r->item.entry.link = NULL;
    rc = engram_find_linked(r->engram, link, &r->item, f);
    if (rc < 0)
        fault_prefix(f, "%s", text_shown(shown, path));
    free(path);
    free(link);
    return rc;
}

/* The next file that the pattern matches, in r->item: of a hard link the file that it names. */
static int next_file(struct run *r, struct pathspec *p, struct engram_walk *walk, bool *more,
                     struct fault *f)
{
    int rc;

    do {
        rc = pathspec_next(p, walk, &r->item, more, f);
        if (rc == 0 && *more && r->item.entry.type == ENTRY_HARD_LINK)
            rc = follow_link(r, f);
    } while (rc == 0 && *more && r->item.entry.type != ENTRY_FILE);
    return rc;
}

/* Write all that match, or see to it that one does; how many that were is in *files. */
static int write_matches(struct run *r, struct pathspec *p, bool only_count, unsigned *files,
                         struct fault *f)
{
    struct engram_walk *walk;
    bool more = true;
    int rc = engram_walk_open(r->engram, p->top, &walk, f);

    if (rc < 0)
        return rc;
    *files = 0;
    while (rc == 0 && (rc = next_file(r, p, walk, &more, f)) == 0 && more) {
        if (++*files == 2 && r->opts->has_range)
            rc = fault_set(f, FAULT_USAGE, "'--range' is for one file, but more match");
        else if (!only_count && (rc = check_file(r, r->item.entry.path, f)) == 0)
            rc = write_file(r, f);
    }
    engram_walk_close(walk);
    return rc;
}

/* What is no name (f says why) may be a pattern: all that it matches.  *written false: there is
 * none, and f says it. */
static int write_pattern(struct run *r, const char *path, bool *written, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];
    struct pathspec p;
    unsigned files = 0;
    bool is_pattern;
    int rc = pathspec_open_pattern(r->engram, path, &p, &is_pattern, f);

    if (rc < 0)
        return rc;
    if (is_pattern && r->opts->has_range)
        rc = write_matches(r, &p, true, &files, f);
    if (is_pattern && rc == 0)
        rc = write_matches(r, &p, false, &files, f);
    *written = files > 0;
    if (rc == 0 && is_pattern && files == 0)
        fault_set(f, FAULT_SYSTEM, "no file matches %s", text_shown(shown, path));
    pathspec_free(&p);
    return rc;
}

/* *written false: it is no file, and f says it. */
static int write_path(struct run *r, const char *path, bool *written, struct fault *f)
{
    bool found;
    int rc = engram_resolve(r->engram, path, RESOLVE_FILE, &r->item, &found, f);

    *written = false;
    if (rc == 0 && !found)
        return write_pattern(r, path, written, f);
    if (rc == 0)
        rc = check_file(r, path, f);
    if (rc < 0)
        return rc == FAULT_SYSTEM ? 0 : rc;
    *written = true;
    return write_file(r, f);
}

/* The exit status: a path that is no file is told, and the others are written all the same. */
static int write_all(struct cli *cli, struct run *r)
{
    struct fault f;
    int status = CLI_DONE;

    for (int i = 1; i < cli_operands(cli); i++) {
        bool written;

        if (write_path(r, cli_operand(cli, i), &written, &f) < 0)
            return cli_fail(cli, &f);
        if (!written)
            status = cli_fail(cli, &f);
    }
    return status;
}

static int run(struct cli *cli, struct run *r)
{
    struct fault f;
    int status;

    if (engramfile_open(cli, &r->opts->file, cli_operand(cli, 0), &r->source, &r->engram, &f) < 0)
        return cli_fail(cli, &f);
    status = write_all(cli, r);
    if (r->product.sink == NULL || (status != CLI_DONE && cli->output != NULL))
        return status;
    /* Also after a path that is no file: what went to standard output is still to arrive. */
    return product_finish(&r->product, 0, &f) < 0 ? cli_fail(cli, &f) : status;
}

int main(int argc, char **argv)
{
    struct cli cli;
    struct opts opts = {0};
    struct run r = {.cli = &cli, .opts = &opts};
    int status, end;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &opts);
    status = run(&cli, &r);
    product_close(&r.product);
    engram_item_free(&r.item);
    engram_close(r.engram);
    source_close(r.source);
    engramfile_options_free(&opts.file);
    end = cli_end(&cli);
    return status != CLI_DONE ? status : end;
}
