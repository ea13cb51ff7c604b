/* SPDX-License-Identifier: MIT */
/* partextract: writes one partition of a disk. */
#include <inttypes.h>
#include <stdio.h>

#include "base/cli.h"
#include "io/engine.h"
#include "part/part.h"
#include "shared/image.h"
#include "shared/product.h"

struct opts {
    struct image_options image;
    const char *selector;
};

static const struct cli_option options[] = {
    IMAGE_OPTIONS, CLI_OPTION_OUTPUT, CLI_OPTION_QUIET, CLI_OPTION_PROGRESS, {0, NULL, NULL, NULL},
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
    struct fault f;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END)
        image_option(&o->image, cli, key, value);
    o->selector = cli_operand(cli, 0);
    if (!o->selector)
        cli_usage(cli, "which partition?");
    if (part_selector_check(o->selector, &f) < 0)
        cli_usage(cli, "%s", f.text);
    cli_operands_at_most(cli, 2, "SEL and one IMAGE");
}

/* A pipe is passed on without being kept, and read no further than the partition's end. */
static int extract(const struct cli *cli, struct source *disk, const struct part_entry *e,
                   struct fault *f)
{
    struct product product = {0};
    struct engine *engine = NULL;
    int code;

    if ((code = engine_open(&engine, f)) == 0 &&
        (code = product_open(&product, cli, OUTPUT_BINARY, e->length, f)) == 0) {
        code = engine_stream(engine, disk, e->start, e->length, product.sink, &product.progress, f);
        if (code == FAULT_DAMAGED)
            fault_prefix(f, "partition %u (bytes %" PRIu64 " to %" PRIu64 ")", e->number, e->start,
                         e->start + e->length);
        code = product_finish(&product, code, f);
    }
    product_close(&product);
    engine_close(engine);
    return code;
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
        code = extract(cli, disk, entry, &f);
    part_table_free(table);
    source_close(disk);
    return code < 0 ? cli_fail(cli, &f) : cli_end(cli);
}

int main(int argc, char **argv)
{
    struct opts o = {0};
    struct cli cli;
    int status;

    cli_start(&cli, &command, argc, argv);
    parse_options(&cli, &o);
    status = run(&cli, &o);
    image_options_free(&o.image);
    return status;
}
