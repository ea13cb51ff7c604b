/* SPDX-License-Identifier: MIT */
/* partls: shows the partition table of a disk. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/text.h"
#include "part/part.h"
#include "part/show.h"
#include "shared/grid.h"
#include "shared/holdings.h"
#include "shared/image.h"
#include "shared/parttable.h"

struct opts {
    struct image_options image;
    bool json;
    bool dump;
};

static const struct cli_option options[] = {
    IMAGE_OPTIONS,
    IMAGE_OPTION_SECTOR_SIZE,
    {'d', "dump", NULL, "print a script from which sfdisk makes the table again"},
    CLI_OPTION_JSON,
    CLI_OPTION_QUIET,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "partls",
    .operands = "[IMAGE]",
    .summary = "show the partition table of a disk",
    .options = options,
};

static void parse_options(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == CLI_KEY_JSON)
            o->json = true;
        else if (key == 'd')
            o->dump = true;
        else
            image_option(&o->image, cli, key, value);
    }
    if (o->dump && o->json)
        cli_usage(cli, "only one of '--dump' and '--json' can be asked for");
    cli_operands_at_most(cli, 1, "one IMAGE");
}

/* ---- for people ---- */

/* Every bit by a word of its own: 64 attributes at most, and a few more. */
enum { FLAGS_BYTES = 64 * sizeof("no-block-io") + 64 };

static void add_flag(char text[FLAGS_BYTES], const char *flag)
{
    size_t used = strlen(text);

    snprintf(text + used, FLAGS_BYTES - used, "%s%s", used ? "," : "", flag);
}

static void format_flags(const struct part_entry *e, char text[FLAGS_BYTES])
{
    static const char *const named[] = {"required", "no-block-io", "legacy-boot"};
    const char *word;
    char bit[8];

    text[0] = '\0';
    if (e->bootable)
        add_flag(text, "boot");
    for (unsigned i = 0; i < 64; i++) {
        if (!(e->attributes >> i & 1))
            continue;
        snprintf(bit, sizeof(bit), "bit%u", i);
        add_flag(text, i < sizeof(named) / sizeof(named[0]) ? named[i] : bit);
    }
    for (unsigned i = 0; (word = part_defect_word(i)); i++)
        if (e->defects >> i & 1)
            add_flag(text, word);
}

static const struct grid_column columns[] = {
    {"NUMBER", true},  {"START", true}, {"END", true},    {"SIZE", true},  {"TYPE", false},
    {"FSTYPE", false}, {"UUID", false}, {"FLAGS", false}, {"NAME", false}, {"LABEL", false},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* Bytes from the disk. */
static int add_escaped(struct grid *g, const char *bytes, struct fault *f)
{
    char text[4 * PROBE_LABEL_BYTES];

    text_escape(text, sizeof(text), bytes, strlen(bytes));
    return grid_add(g, text, f);
}

/* The type's name, or the bare type where it has none. */
static int add_type(struct grid *g, const struct part_table *t, const struct part_entry *e,
                    struct fault *f)
{
    const char *name = part_type_name(t, e);
    char text[PART_ID_BYTES];

    part_format_type(t, e, text);
    return grid_add(g, name ? name : text, f);
}

static int add_row(struct grid *g, const struct part_table *t, const struct part_entry *e,
                   const struct part_holding *h, struct fault *f)
{
    const char *fstype = "?", *label = "?"; /* where nobody has looked */
    char uuid[PART_ID_BYTES];
    char flags[FLAGS_BYTES];
    char size[8];

    if (h) {
        fstype = h->fstype ? h->fstype : "";
        label = h->fslabel ? h->fslabel : "";
    }
    part_format_uuid(t, e, uuid);
    format_flags(e, flags);
    text_size(size, e->length);
    if (grid_add_number(g, e->number, f) < 0 || grid_add_number(g, e->first_lba, f) < 0 ||
        grid_add_number(g, e->last_lba, f) < 0 || grid_add(g, size, f) < 0 ||
        add_type(g, t, e, f) < 0 || grid_add(g, fstype, f) < 0 || grid_add(g, uuid, f) < 0 ||
        grid_add(g, flags, f) < 0 || add_escaped(g, e->name, f) < 0)
        return f->code;
    return add_escaped(g, label, f);
}

static int print_table(const struct part_table *t, const struct part_holding *holdings,
                       struct fault *f)
{
    char id[PART_ID_BYTES];
    struct grid g;
    int code = 0;

    grid_start(&g, columns, COLUMNS);
    for (size_t i = 0; code == 0 && i < t->count; i++)
        code = add_row(&g, t, &t->entries[i], holdings ? &holdings[i] : NULL, f);
    if (code == 0) {
        part_format_id(t, id);
        printf("%s %s, sectors of %" PRIu32 " bytes\n", t->kind == PART_GPT ? "GPT" : "MBR", id,
               t->sector_size);
        grid_print(&g, stdout);
    }
    grid_free(&g);
    return code;
}

/* Everything that a run holds open. */
struct run {
    struct source *disk;
    struct part_table *table;
    struct holdings holdings;
};

static int run(struct cli *cli, const struct opts *o, struct run *r, struct fault *f)
{
    const char *operand = cli_operand(cli, 0);
    const char *device = operand ? operand : "-";

    if (image_open(cli, operand, &o->image, &r->disk, f) < 0 ||
        parttable_read(r->disk, &o->image, &cli->notices, &r->table, f) < 0)
        return f->code;
    if (o->dump) {
        part_show_script(stdout, r->table, device);
        return 0;
    }
    /* A pipe would have to be read to its end. */
    if (!source_is_pipe(r->disk) &&
        holdings_find(r->disk, r->table, &cli->notices, &r->holdings, f) < 0)
        return f->code;
    if (!o->json)
        return print_table(r->table, r->holdings.list, f);
    part_show_json(stdout, r->table, r->holdings.list, device);
    return 0;
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
    holdings_free(&r.holdings);
    part_table_free(r.table);
    source_close(r.disk);
    image_options_free(&o.image);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
