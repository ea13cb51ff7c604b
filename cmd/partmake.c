/* SPDX-License-Identifier: MIT */
/* partmake: makes a disk with a partition table from images of its partitions. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cli.h"
#include "base/size.h"
#include "part/plan.h"
#include "shared/assemble.h"
#include "shared/contents.h"
#include "shared/image.h"
#include "shared/product.h"
#include "shared/smallfile.h"

struct opts {
    struct image_options image;
    const char *script;
    const char *seed;
    const char *boot_code;
    uint64_t size;        /* bytes, or PART_ANY */
    uint64_t align;       /* bytes, 0: not given */
    uint32_t sector_size; /* bytes, 0: not given */
    bool has_type;
};

enum { KEY_SCRIPT = 1400, KEY_SIZE, KEY_SECTOR_SIZE, KEY_ALIGN, KEY_SEED, KEY_BOOT_CODE };

/* More than a backup GPT and what an alignment takes. */
enum { UNUSED_BYTES_TOLD = 8 << 20 };

/* Nobody writes longer ones; all of it is in memory. */
enum { SCRIPT_BYTES_MAX = 4 << 20 };

static const struct cli_option options[] = {
    {'t', "type", "gpt|mbr", "the kind of table (default: gpt, or what the script says)"},
    {KEY_SCRIPT, "script", "FILE", "the partitions are those of an sfdisk script"},
    {KEY_SIZE, "size", "SIZE",
     "of the disk: bytes, or with a unit as in 10G (default: as it takes)"},
    {KEY_SECTOR_SIZE, "sector-size", "N", "sectors of 512 (default) or 4096 bytes"},
    {KEY_ALIGN, "align", "SIZE", "partitions start at multiples of SIZE (default: 1M)"},
    {KEY_SEED, "seed", "TEXT", "make UUIDs from TEXT (default: from the layout)"},
    {KEY_BOOT_CODE, "boot-code", "FILE", "put up to 440 bytes of FILE before the table"},
    {'f', "format", "FMT", "each FILE is raw or qcow2 (default: detected)"},
    {IMAGE_KEY_BACKING_DIR, "backing-dir", "DIR",
     "backing and data files may lie in DIR too (repeatable)"},
    {IMAGE_KEY_NO_BACKING, "no-backing", NULL, "refuse a FILE that needs a backing or data file"},
    CLI_OPTION_OUTPUT,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "partmake",
    .operands = "FILE:FIELDS...",
    .summary = "make a disk with a partition table from images of its partitions",
    .options = options,
};

/* Everything that a run holds. */
struct run {
    struct part_plan plan;
    struct contents contents; /* one for each operand */
    struct part_pieces pieces;
    struct product product;
};

/* ---- options ---- */

static uint64_t parse_size(const struct cli *cli, const char *option, const char *value)
{
    uint64_t size;
    bool has_unit;

    if (!size_parse(value, &size, &has_unit) || size == 0 || size == PART_ANY)
        cli_usage(cli, "option '--%s' takes a size such as 512M or 10GiB, not '%s'", option, value);
    return size;
}

static void set_type(const struct cli *cli, struct opts *o, struct part_plan *p, const char *value)
{
    o->has_type = true;
    if (strcmp(value, "gpt") == 0)
        p->kind = PART_GPT;
    else if (strcmp(value, "mbr") == 0 || strcmp(value, "dos") == 0)
        p->kind = PART_MBR;
    else
        cli_usage(cli, "option '--type' takes gpt or mbr, not '%s'", value);
}

static void set_sector_size(const struct cli *cli, struct opts *o, const char *value)
{
    if (strcmp(value, "512") != 0 && strcmp(value, "4096") != 0)
        cli_usage(cli, "option '--sector-size' takes 512 or 4096, not '%s'", value);
    o->sector_size = (uint32_t)strtoul(value, NULL, 10);
}

static void take_option(struct cli *cli, struct opts *o, struct part_plan *p, int key,
                        const char *value)
{
    switch (key) {
    case 't':
        set_type(cli, o, p, value);
        break;
    case KEY_SCRIPT:
        o->script = value;
        break;
    case KEY_SIZE:
        o->size = parse_size(cli, "size", value);
        break;
    case KEY_SECTOR_SIZE:
        set_sector_size(cli, o, value);
        break;
    case KEY_ALIGN:
        o->align = parse_size(cli, "align", value);
        break;
    case KEY_SEED:
        o->seed = value;
        break;
    case KEY_BOOT_CODE:
        o->boot_code = value;
        break;
    default:
        image_option(&o->image, cli, key, value);
        break;
    }
}

static void parse_options(struct cli *cli, struct opts *o, struct part_plan *p)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END)
        take_option(cli, o, p, key, value);
    if (!o->script && cli_operands(cli) == 0)
        cli_usage(cli, "which partitions?");
    if (o->sector_size)
        p->sector_size = o->sector_size;
    if (o->align)
        p->grain = o->align;
}

/* ---- files that are read whole ---- */

static int read_input(const struct cli *cli, const char *path, size_t max, uint8_t **bytes,
                      size_t *length, struct fault *f)
{
    if (product_refuse_input(cli, path, f) < 0)
        return f->code;
    return smallfile_read(path, max, bytes, length, f);
}

static int read_script(const struct cli *cli, const struct opts *o, struct part_plan *p,
                       struct fault *f)
{
    enum part_kind kind = p->kind;
    uint8_t *text;
    size_t length;
    int code;

    if (read_input(cli, o->script, SCRIPT_BYTES_MAX, &text, &length, f) < 0)
        return f->code;
    code = part_plan_read_script(p, (const char *)text, length, f);
    free(text);
    if (code < 0)
        return fault_about(f, o->script);
    if (o->has_type && kind != p->kind)
        return fault_set(f, FAULT_USAGE, "-t %s, but the script's label is %s",
                         kind == PART_GPT ? "gpt" : "mbr", p->kind == PART_GPT ? "gpt" : "dos");
    if (o->sector_size && o->sector_size != p->sector_size)
        return fault_set(f, FAULT_USAGE, "--sector-size=%u, but the script's sector-size is %u",
                         o->sector_size, p->sector_size);
    if (o->align && o->align != p->grain)
        return fault_set(f, FAULT_USAGE, "--align is %llu bytes, but the script's grain is %llu",
                         ull(o->align), ull(p->grain));
    return 0;
}

/* ---- the disk ---- */

static int set_disk_size(const struct opts *o, struct part_plan *p, struct fault *f)
{
    if (o->size == PART_ANY)
        return 0;
    if (o->size % p->sector_size != 0)
        return fault_set(f, FAULT_USAGE, "--size is %llu bytes, no multiple of the sector's %u",
                         ull(o->size), p->sector_size);
    p->sectors = o->size / p->sector_size;
    return 0;
}

static int encode(const struct cli *cli, const struct opts *o, struct run *r, struct fault *f)
{
    uint8_t *code = NULL;
    size_t length = 0;
    int result;

    if (o->boot_code && read_input(cli, o->boot_code, PART_BOOT_CODE_MAX, &code, &length, f) < 0)
        return f->code;
    result = part_plan_encode(&r->plan, code, length, &r->pieces, f);
    free(code);
    return result;
}

/* A dump that is used for a larger disk leaves the space behind its last-lba to nobody. */
static void tell_unused(const struct cli *cli, const struct opts *o, const struct part_plan *p)
{
    uint64_t unused = p->kind == PART_GPT ? p->sectors - 1 - p->last_lba : 0;

    if (o->script && unused * p->sector_size > UNUSED_BYTES_TOLD)
        notice(&cli->notices, NOTICE_INFO, o->script,
               "its last-lba, sector %llu, leaves the last %llu of the disk's %llu sectors unused",
               ull(p->last_lba), ull(unused), ull(p->sectors));
}

/* What the progress counts to: as far as it is known. */
static uint64_t content_bytes(const struct part_plan *p)
{
    uint64_t total = 0;

    for (size_t i = 0; i < p->count; i++)
        if (p->wishes[i].content != PART_ANY)
            total += p->wishes[i].content;
    return total;
}

static int run(struct cli *cli, const struct opts *o, struct run *r, struct fault *f)
{
    struct part_plan *p = &r->plan;
    int code;

    if ((o->script && (code = read_script(cli, o, p, f)) < 0) ||
        (code = set_disk_size(o, p, f)) < 0 ||
        (code = contents_open(&r->contents, cli, &o->image, !o->script, p, f)) < 0 ||
        (code = part_plan_lay_out(p, f)) < 0 || (code = part_plan_identify(p, o->seed, f)) < 0 ||
        (code = encode(cli, o, r, f)) < 0 ||
        (code = product_open(&r->product, cli, OUTPUT_BINARY, content_bytes(p), f)) < 0)
        return code;
    tell_unused(cli, o, p);
    code = assemble(p, &r->pieces, &r->contents, r->product.sink, &r->product.progress, f);
    return product_finish(&r->product, code, f);
}

static void free_run(struct run *r)
{
    product_close(&r->product);
    part_pieces_free(&r->pieces);
    part_plan_free(&r->plan);
    contents_close(&r->contents);
}

int main(int argc, char **argv)
{
    struct opts o = {.size = PART_ANY};
    struct run r = {0};
    struct cli cli;
    struct fault f;
    int code;

    cli_start(&cli, &command, argc, argv);
    part_plan_start(&r.plan);
    parse_options(&cli, &o, &r.plan);
    code = run(&cli, &o, &r, &f);
    free_run(&r);
    image_options_free(&o.image);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
