/* SPDX-License-Identifier: MIT */
/* partls: shows the partition table of a disk. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/text.h"
#include "part/part.h"
#include "part/show.h"
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
    if (text[0] == '\0')
        add_flag(text, "-");
}

/* The type's name, or the bare type where it has none. */
static const char *show_type(const struct part_table *t, const struct part_entry *e,
                             char buffer[PART_ID_BYTES])
{
    const char *name = part_type_name(t, e);

    part_format_type(t, e, buffer);
    return name ? name : buffer;
}

static int type_width(const struct part_table *t)
{
    size_t width = strlen("TYPE");
    char buffer[PART_ID_BYTES];

    for (size_t i = 0; i < t->count; i++) {
        size_t len = strlen(show_type(t, &t->entries[i], buffer));

        if (len > width)
            width = len;
    }
    return (int)width;
}

static void print_row(const struct part_table *t, const struct part_entry *e, int width)
{
    char type[PART_ID_BYTES];
    char uuid[PART_ID_BYTES];
    char flags[FLAGS_BYTES];
    char size[8];

    part_format_uuid(t, e, uuid);
    format_flags(e, flags);
    text_size(size, e->length);
    printf("%6u  %12" PRIu64 "  %12" PRIu64 "  %6s  %-*s  %-*s  %s", e->number, e->first_lba,
           e->last_lba, size, width, show_type(t, e, type),
           t->kind == PART_GPT ? GUID_TEXT_BYTES - 1 : 11, uuid, flags);
    if (e->name[0] != '\0') {
        fputs("  ", stdout);
        text_put_escaped(stdout, e->name, strlen(e->name));
    }
    putchar('\n');
}

static void print_table(const struct part_table *t)
{
    int width = type_width(t);
    char id[PART_ID_BYTES];

    part_format_id(t, id);
    printf("%s %s, sectors of %" PRIu32 " bytes\n", t->kind == PART_GPT ? "GPT" : "MBR", id,
           t->sector_size);
    printf("%6s  %12s  %12s  %6s  %-*s  %-*s  FLAGS%s\n", "NUMBER", "START", "END", "SIZE", width,
           "TYPE", t->kind == PART_GPT ? GUID_TEXT_BYTES - 1 : 11, "UUID",
           t->kind == PART_GPT ? "  NAME" : "");
    for (size_t i = 0; i < t->count; i++)
        print_row(t, &t->entries[i], width);
}

static int run(struct cli *cli, const struct opts *o)
{
    const char *operand = cli_operand(cli, 0);
    struct part_table *table = NULL;
    struct source *disk = NULL;
    struct fault f;
    int code = image_open(cli, operand, &o->image, &disk, &f);

    if (code == 0)
        code = parttable_read(disk, &o->image, &cli->notices, &table, &f);
    if (code == 0 && o->json)
        part_show_json(stdout, table, operand ? operand : "-");
    else if (code == 0 && o->dump)
        part_show_script(stdout, table, operand ? operand : "-");
    else if (code == 0)
        print_table(table);
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
