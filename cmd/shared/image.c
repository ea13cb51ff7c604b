/* SPDX-License-Identifier: MIT */
/* The IMAGE operand that commands share: a raw or qcow2 file or a pipe, or a partition of it. */
#include "shared/image.h"

#include <string.h>

#include "part/part.h"
#include "qcow2/qcow2.h"

const char *image_format(const struct cli *cli, const char *text)
{
    if (strcmp(text, "raw") != 0 && strcmp(text, "qcow2") != 0)
        cli_usage(cli, "option '--format' takes raw or qcow2, not '%s'", text);
    return text;
}

/* A pipe is raw unless -f says otherwise: what a guest wrote into its disk must not decide how the
 * disk is read.  Detection is for files alone. */
static int is_qcow2(struct source *s, const char *format, bool *answer, struct fault *f)
{
    uint8_t head[4];
    size_t got = 0;

    if (format || source_is_pipe(s)) {
        *answer = format && strcmp(format, "qcow2") == 0;
        return 0;
    }
    if (source_head(s, head, sizeof(head), &got, f) < 0)
        return f->code;
    *answer = qcow2_detect(head, got);
    return 0;
}

/* Replace the disk in *s by one of its partitions. */
static int select_partition(struct cli *cli, const char *selector, struct source **s,
                            struct fault *f)
{
    const struct part_entry *entry;
    struct part_table *table;
    struct source *disk = *s;

    if (part_read(disk, &cli->notices, &table, f) < 0)
        return f->code;
    if (part_select(table, selector, &entry, f) == 0) {
        *s = NULL; /* the slice owns the disk, also when it cannot be made */
        source_slice(disk, entry->start, entry->length, s, f);
    }
    part_table_free(table);
    return *s && *s != disk ? 0 : f->code;
}

int image_open(struct cli *cli, const char *operand, const struct image_options *options,
               struct source **out, struct fault *f)
{
    bool is_stdin = !operand || strcmp(operand, "-") == 0;
    struct qcow2_options qcow2 = {.notices = &cli->notices};
    struct source *s = NULL;
    bool qcow2_wanted = false;

    cli->operand = is_stdin ? "standard input" : operand;
    if ((is_stdin ? source_open_stdin(&s, f) : source_open_file(operand, &s, f)) < 0 ||
        is_qcow2(s, options->format, &qcow2_wanted, f) < 0)
        goto fail;
    if (qcow2_wanted) {
        struct source *file = s;

        s = NULL; /* owned by the image from here on */
        if (qcow2_open(file, is_stdin ? NULL : operand, &qcow2, &s, f) < 0)
            goto fail;
    }
    if (options->partition && select_partition(cli, options->partition, &s, f) < 0)
        goto fail;
    *out = s;
    return 0;
fail:
    source_close(s);
    return f->code;
}
