/* SPDX-License-Identifier: MIT */
/* engram-cat: the bytes of named files of an engram. */
#include <string.h>

#include "base/cli.h"
#include "base/text.h"
#include "engram/engram.h"
#include "engram/resolve.h"
#include "shared/engramfile.h"
#include "shared/product.h"

static const struct cli_option options[] = {
    CLI_OPTION_OUTPUT,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-cat",
    .operands = "ENGRAM PATH...",
    .summary = "write the bytes of files of an engram",
    .options = options,
};

static void parse(struct cli *cli)
{
    const char *value;

    while (cli_next(cli, &value) != CLI_END)
        continue; /* it has the common options only */
    if (cli_operands(cli) < 2)
        cli_usage(cli, "an ENGRAM and at least one PATH are needed");
}

/* Everything that a run holds open. */
struct run {
    const struct cli *cli;
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

static int find_file(struct run *r, const char *path, struct fault *f)
{
    char shown[400];
    bool found = false;

    if (engram_resolve(r->engram, path, RESOLVE_FILE, &r->item, &found, f) < 0)
        return f->code;
    text_escape(shown, sizeof(shown), path, strlen(path));
    if (!found)
        return fault_set(f, FAULT_SYSTEM, "there is no %s", shown);
    if (r->item.entry.type != ENTRY_FILE)
        return fault_set(f, FAULT_SYSTEM, "%s is %s, not a file", shown,
                         kind_of(r->item.entry.type));
    return 0;
}

static int write_file(struct run *r, struct fault *f)
{
    /* Opened once there is something to write.  A terminal is not refused: most files that people
     * ask for are text. */
    if (r->product.sink == NULL && product_open(&r->product, r->cli, OUTPUT_ANY, 0, f) < 0)
        return f->code;
    return engram_read_file(r->engram, &r->item, r->product.sink, f);
}

/* The exit status: a path that is no file is told, and the others are written all the same. */
static int write_all(struct cli *cli, struct run *r)
{
    struct fault f;
    int status = CLI_DONE;

    for (int i = 1; i < cli_operands(cli); i++) {
        int rc = find_file(r, cli_operand(cli, i), &f);

        if (rc == 0) {
            if (write_file(r, &f) < 0)
                return cli_fail(cli, &f);
        } else {
            status = cli_fail(cli, &f);
            if (rc != FAULT_SYSTEM)
                return status;
        }
    }
    return status;
}

static int run(struct cli *cli, struct run *r)
{
    struct fault f;
    int status;

    if (engramfile_open(cli, cli_operand(cli, 0), &r->source, &r->engram, &f) < 0)
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
    struct run r = {.cli = &cli};
    int status, end;

    cli_start(&cli, &command, argc, argv);
    parse(&cli);
    status = run(&cli, &r);
    product_close(&r.product);
    engram_item_free(&r.item);
    engram_close(r.engram);
    source_close(r.source);
    end = cli_end(&cli);
    return status != CLI_DONE ? status : end;
}
