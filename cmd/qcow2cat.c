/* SPDX-License-Identifier: MIT */
/* qcow2cat: writes the guest disk of a qcow2 image, its backing chain included, as a raw stream. */
#include <stdint.h>

#include "base/cli.h"
#include "io/engine.h"
#include "io/source.h"
#include "shared/image.h"
#include "shared/product.h"
#include "shared/range.h"

static const struct cli_option options[] = {
    IMAGE_OPTIONS,
    IMAGE_OPTION_SNAPSHOT,
    RANGE_OPTION("only LEN bytes from offset OFF of the disk"),
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "qcow2cat",
    .operands = "[IMAGE]",
    .summary = "write the guest disk of a qcow2 image as a raw stream",
    .options = options,
};

struct opts {
    struct image_options image;
    struct range range; /* of the disk; length SIZE_UNKNOWN: up to its end */
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    /* This command's job is to tell what an image is: from a pipe, too. */
    o->image.detect_in_pipe = true;
    o->range.length = SIZE_UNKNOWN;
    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == RANGE_KEY)
            range_parse(&o->range, cli, value);
        else
            image_option(&o->image, cli, key, value);
    }
    cli_operands_at_most(cli, 1, "one IMAGE");
}

/* Everything that a run holds open. */
struct run {
    struct source *disk;
    struct engine *engine;
    struct product product;
};

/* How many bytes will be written, 0 if that is not known; a range must lie within the disk. */
static int find_total(const struct opts *o, const struct source *disk, uint64_t *total,
                      struct fault *f)
{
    if (o->range.length == SIZE_UNKNOWN) {
        *total = disk->size == SIZE_UNKNOWN ? 0 : disk->size;
        return 0;
    }
    *total = o->range.length;
    return range_check(&o->range, disk, f);
}

/* Move the disk, or the range of it; what comes from a pipe as raw bytes is passed on without being
 * kept. */
static int run(struct cli *cli, const struct opts *o, struct run *r, struct fault *f)
{
    uint64_t total;
    int code;

    if (image_open(cli, cli_operand(cli, 0), &o->image, &r->disk, f) < 0 ||
        find_total(o, r->disk, &total, f) < 0 || engine_open(&r->engine, f) < 0 ||
        product_open(&r->product, cli, OUTPUT_BINARY, total, f) < 0)
        return f->code;
    code = engine_stream(r->engine, r->disk, o->range.offset, o->range.length, r->product.sink,
                         &r->product.progress, f);
    return product_finish(&r->product, code, f);
}

int main(int argc, char **argv)
{
    struct opts o = {0};
    struct run r = {0};
    struct cli cli;
    struct fault f;
    int code;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &o);
    code = run(&cli, &o, &r, &f);
    product_close(&r.product);
    engine_close(r.engine);
    source_close(r.disk);
    image_options_free(&o.image);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
