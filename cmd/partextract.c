/* SPDX-License-Identifier: MIT */
/* partextract: writes one partition of a disk. */
#include <inttypes.h>

#include "base/cli.h"
#include "io/engine.h"
#include "part/part.h"
#include "shared/image.h"
#include "shared/parttable.h"
#include "shared/product.h"
#include "shared/range.h"

struct opts {
    struct image_options image;
    const char *selector; /* NULL: a range is asked for */
    struct range range;
};

static const struct cli_option options[] = {
    IMAGE_OPTIONS,
    IMAGE_OPTION_SECTOR_SIZE,
    RANGE_OPTION("no partition, but LEN bytes from offset OFF of the disk"),
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "partextract",
    .operands = "SEL [IMAGE]",
    .summary = "write one partition of a disk, or what lies between them",
    .options = options,
};

static void parse_options(struct cli *cli, struct opts *o)
{
    bool is_range = false;
    const char *value;
    struct fault f;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == RANGE_KEY) {
            range_parse(&o->range, cli, value);
            is_range = true;
        } else {
            image_option(&o->image, cli, key, value);
        }
    }
    if (is_range) {
        cli_operands_at_most(cli, 1, "with --range, one IMAGE");
        return;
    }
    o->selector = cli_operand(cli, 0);
    if (!o->selector)
        cli_usage(cli, "which partition?");
    if (part_selector_check(o->selector, &f) < 0)
        cli_usage(cli, "%s", f.text);
    cli_operands_at_most(cli, 2, "SEL and one IMAGE");
}

/* Everything that a run holds open. */
struct run {
    struct source *disk;
    struct part_table *table;
    struct engine *engine;
    struct product product;
};

/* A pipe is passed on without being kept, and read no further than the range's end. */
static int extract(const struct cli *cli, struct run *r, const struct range *range, struct fault *f)
{
    int code;

    if ((code = engine_open(&r->engine, f)) != 0 ||
        (code = product_open(&r->product, cli, OUTPUT_BINARY, range->length, f)) != 0)
        return code;
    return engine_stream(r->engine, r->disk, range->offset, range->length, r->product.sink,
                         &r->product.progress, f);
}

static int extract_range(const struct cli *cli, struct run *r, const struct range *range,
                         struct fault *f)
{
    int code = range_check(range, r->disk, f);

    return code != 0 ? code : extract(cli, r, range, f);
}

static int extract_partition(struct cli *cli, struct run *r, const struct opts *o, struct fault *f)
{
    const struct part_entry *e;
    struct range range;
    int code;

    if ((code = parttable_read(r->disk, &o->image, &cli->notices, &r->table, f)) != 0 ||
        (code = part_select(r->table, o->selector, &e, f)) != 0)
        return code;
    range = (struct range){.offset = e->start, .length = e->length};
    code = extract(cli, r, &range, f);
    if (code == FAULT_DAMAGED)
        fault_prefix(f, "partition %u (bytes %" PRIu64 " to %" PRIu64 ")", e->number, e->start,
                     e->start + e->length);
    return code;
}

static int run(struct cli *cli, const struct opts *o, struct run *r, struct fault *f)
{
    int code = image_open(cli, cli_operand(cli, o->selector ? 1 : 0), &o->image, &r->disk, f);

    if (code != 0)
        return code;
    if (o->selector)
        code = extract_partition(cli, r, o, f);
    else
        code = extract_range(cli, r, &o->range, f);
    return r->product.sink ? product_finish(&r->product, code, f) : code;
}

int main(int argc, char **argv)
{
    struct opts o = {0};
    struct run r = {0};
    struct cli cli;
    struct fault f;
    int code;

    cli_start(&cli, &command, argc, argv);
    parse_options(&cli, &o);
    code = run(&cli, &o, &r, &f);
    product_close(&r.product);
    engine_close(r.engine);
    part_table_free(r.table);
    source_close(r.disk);
    image_options_free(&o.image);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
