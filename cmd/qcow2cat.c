/* SPDX-License-Identifier: MIT */
/* qcow2cat: writes the guest disk of a qcow2 image, its backing chain included, as a raw stream. */
#include <stdint.h>
#include <string.h>

#include "base/checked.h"
#include "base/cli.h"
#include "io/engine.h"
#include "io/source.h"
#include "shared/image.h"
#include "shared/product.h"

enum { KEY_RANGE = CLI_LONG_ONLY };

static const struct cli_option options[] = {
    IMAGE_OPTIONS,
    IMAGE_OPTION_SNAPSHOT,
    {KEY_RANGE, "range", "OFF+LEN", "only LEN bytes from offset OFF of the disk"},
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
    uint64_t offset;
    uint64_t length; /* SIZE_UNKNOWN: up to the disk's end */
};

/* "OFF+LEN", as extents are written in a manifest. */
static void parse_range(struct opts *o, const struct cli *cli, const char *text)
{
    const char *plus = strchr(text, '+');
    char offset[32]; /* more than a number of 64 bits takes */
    uint64_t end;

    if (!plus || (size_t)(plus - text) >= sizeof(offset))
        cli_usage(cli, "option '--range' takes OFF+LEN, not '%s'", text);
    memcpy(offset, text, (size_t)(plus - text));
    offset[plus - text] = '\0';
    o->offset = cli_number(cli, "range", offset, 0, UINT64_MAX - 1);
    o->length = cli_number(cli, "range", plus + 1, 0, UINT64_MAX - 1);
    if (!add_u64(o->offset, o->length, &end))
        cli_usage(cli, "option '--range' ends past 2^64: '%s'", text);
}

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    /* This command's job is to tell what an image is: from a pipe, too. */
    o->image.detect_in_pipe = true;
    o->length = SIZE_UNKNOWN;
    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == KEY_RANGE)
            parse_range(o, cli, value);
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
    bool is_range = o->length != SIZE_UNKNOWN;

    *total = is_range ? o->length : disk->size == SIZE_UNKNOWN ? 0 : disk->size;
    if (is_range && disk->size != SIZE_UNKNOWN && !range_within(o->offset, o->length, disk->size))
        return fault_set(f, FAULT_USAGE,
                         "--range=%llu+%llu passes the end of the disk (%llu bytes)",
                         (unsigned long long)o->offset, (unsigned long long)o->length,
                         (unsigned long long)disk->size);
    return 0;
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
    code = engine_stream(r->engine, r->disk, o->offset, o->length, r->product.sink,
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
