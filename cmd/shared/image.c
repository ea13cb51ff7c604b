/* SPDX-License-Identifier: MIT */
/* The IMAGE operand that commands share: a raw or qcow2 file or a pipe, or a partition of it. */
#include "shared/image.h"

#include <stdlib.h>
#include <string.h>

#include "shared/foreign.h"
#include "shared/parttable.h"

static void add_backing_dir(struct image_options *o, struct cli *cli, const char *dir)
{
    const char **dirs =
        realloc(o->backing_dirs, (o->backing_dir_count + 1) * sizeof(*o->backing_dirs));

    if (!dirs) {
        struct fault f;

        fault_memory(&f, "options", sizeof(*dirs));
        exit(cli_fail(cli, &f));
    }
    dirs[o->backing_dir_count++] = dir;
    o->backing_dirs = dirs;
}

static uint32_t parse_sector_size(const struct cli *cli, const char *value)
{
    static const char *const sizes[] = {"512", "1024", "2048", "4096"};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (strcmp(value, sizes[i]) == 0)
            return UINT32_C(512) << i;
    cli_usage(cli, "option '--sector-size' takes 512, 1024, 2048 or 4096, not '%s'", value);
}

void image_option(struct image_options *options, struct cli *cli, int key, const char *value)
{
    struct fault f;

    switch (key) {
    case 'f':
        if (strcmp(value, "raw") != 0 && strcmp(value, "qcow2") != 0)
            cli_usage(cli, "option '--format' takes raw or qcow2, not '%s'", value);
        options->format = value;
        break;
    case 'p':
        if (part_selector_check(value, &f) < 0)
            cli_usage(cli, "%s", f.text);
        options->partition = value;
        break;
    case 's':
        options->snapshot = value;
        break;
    case IMAGE_KEY_BACKING_DIR:
        add_backing_dir(options, cli, value);
        break;
    case IMAGE_KEY_SECTOR_SIZE:
        options->part.sector_size = parse_sector_size(cli, value);
        break;
    case IMAGE_KEY_NO_BACKING:
        options->no_backing = true;
        break;
    default:
        break;
    }
}

void image_options_free(struct image_options *options)
{
    free(options->backing_dirs);
    *options = (struct image_options){0};
}

static int detect_format(struct source *s, bool *is_qcow2, struct fault *f)
{
    uint8_t head[QCOW2_MAGIC_BYTES];
    size_t got = 0;

    if (source_head(s, head, sizeof(head), &got, f) < 0)
        return f->code;
    *is_qcow2 = qcow2_detect(head, got);
    /* A pipe has what some program made of a disk: whatever a guest wrote there passes. */
    return *is_qcow2 || source_is_pipe(s) ? 0 : foreign_refuse(s, f);
}

/* A pipe is raw unless options or the command say otherwise: what a guest wrote into its disk must
 * not decide how the disk is read. */
static int find_format(struct source *s, const struct image_options *o, bool *is_qcow2,
                       struct fault *f)
{
    bool detect = !source_is_pipe(s) || o->detect_in_pipe || o->snapshot;

    *is_qcow2 = o->format && strcmp(o->format, "qcow2") == 0;
    if (!o->format && detect && detect_format(s, is_qcow2, f) < 0)
        return f->code;
    if (o->snapshot && !*is_qcow2)
        return fault_set(f, FAULT_USAGE, "a raw image has no snapshots");
    return 0;
}

/* Replace the disk in *s by one of its partitions. */
static int select_partition(struct cli *cli, const struct image_options *o, struct source **s,
                            struct fault *f)
{
    const struct part_entry *entry;
    struct part_table *table;
    struct source *disk = *s;

    if (parttable_read(disk, o, &cli->notices, &table, f) < 0)
        return f->code;
    if (part_select(table, o->partition, &entry, f) == 0) {
        cli->partition = entry->number;
        *s = NULL; /* the slice owns the disk, also when it cannot be made */
        source_slice(disk, entry->start, entry->length, s, f);
    }
    part_table_free(table);
    return *s && *s != disk ? 0 : f->code;
}

bool image_is_qcow2(struct source *s)
{
    uint8_t head[QCOW2_MAGIC_BYTES];
    struct fault ignored;
    size_t got;

    return source_head(s, head, sizeof(head), &got, &ignored) == 0 && qcow2_detect(head, got);
}

int image_open_file(struct cli *cli, const char *operand, const struct image_options *options,
                    struct source **file, bool *is_qcow2, struct fault *f)
{
    const char *path = cli_input(cli, operand);

    if ((path ? source_open_path(path, file, f) : source_open_stdin(file, f)) < 0)
        return f->code;
    if (find_format(*file, options, is_qcow2, f) < 0) {
        source_close(*file);
        *file = NULL;
        return f->code;
    }
    return 0;
}

struct qcow2_options image_qcow2_options(const struct image_options *options, const struct cli *cli)
{
    return (struct qcow2_options){
        .snapshot = options->snapshot,
        .no_backing = options->no_backing,
        .backing_dirs = options->backing_dirs,
        .backing_dir_count = options->backing_dir_count,
        .notices = &cli->notices,
    };
}

int image_open(struct cli *cli, const char *operand, const struct image_options *options,
               struct source **out, struct fault *f)
{
    const struct qcow2_options qcow2 = image_qcow2_options(options, cli);
    struct source *file = NULL;
    struct source *s = NULL;
    bool is_qcow2 = false;

    if (image_open_file(cli, operand, options, &file, &is_qcow2, f) < 0)
        return f->code;
    if (!is_qcow2)
        s = file;
    else if (qcow2_open(file, cli->input, &qcow2, &s, f) < 0)
        return f->code;
    if (options->partition && select_partition(cli, options, &s, f) < 0) {
        source_close(s);
        return f->code;
    }
    *out = s;
    return 0;
}
