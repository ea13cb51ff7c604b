/* SPDX-License-Identifier: MIT */
/* The ext2, ext3 or ext4 file system in an IMAGE operand, as the commands that read one share it.
 */
#include "shared/ext4file.h"

#include <string.h>

#include "part/part.h"
#include "probe/probe.h"

static void set_journal(struct ext4file_options *o, struct cli *cli, const char *value)
{
    static const char *const modes[] = {
        [EXT4_JOURNAL_REPLAY] = "replay",
        [EXT4_JOURNAL_IGNORE] = "ignore",
        [EXT4_JOURNAL_STRICT] = "strict",
    };

    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        if (strcmp(value, modes[i]) == 0) {
            o->ext4.journal = (enum ext4_journal_mode)i;
            return;
        }
    }
    cli_usage(cli, "option '--journal' takes replay, ignore or strict, not '%s'", value);
}

void ext4file_option(struct ext4file_options *options, struct cli *cli, int key, const char *value)
{
    switch (key) {
    case EXT4FILE_KEY_JOURNAL:
        set_journal(options, cli, value);
        break;
    case EXT4FILE_KEY_NO_VERIFY:
        options->ext4.no_verify = true;
        break;
    default:
        image_option(&options->image, cli, key, value);
        break;
    }
}

void ext4file_options_free(struct ext4file_options *options)
{
    image_options_free(&options->image);
}

/* Whoever gives a whole disk where a file system is wanted is told what -p can name. */
static bool tell_partitions(struct source *device, const struct part_options *options,
                            struct fault *f)
{
    struct part_table *table;
    struct fault ignored;
    char list[800];
    bool any;

    if (part_read(device, options, NULL, &table, &ignored) != 0)
        return false;
    any = table->count > 0;
    part_list(table, list, sizeof(list));
    if (any)
        fault_set(f, FAULT_DAMAGED,
                  "no ext2, ext3 or ext4 file system, but a partition table: name one of its "
                  "partitions with -p: %s",
                  list);
    part_table_free(table);
    return any;
}

/* There is no file system of ours: what is there?  A partition table comes first: what is at the
 * disk's start or end may belong to a partition. */
static void tell_content(struct source *device, const struct image_options *options,
                         struct fault *f)
{
    const struct probe_answer *answer = NULL;
    struct fault ignored;

    if (image_is_qcow2(device)) {
        fault_set(f, FAULT_DAMAGED,
                  "no ext2, ext3 or ext4 file system, but a qcow2 image (-f qcow2 reads it)");
        return;
    }
    if (!options->partition && tell_partitions(device, &options->part, f))
        return;
    /* One of ours that is cut off within its superblock has been told of. */
    if (probe_device(device, &answer, NULL, &ignored) == 0 && answer &&
        strncmp(answer->type, "ext", 3) != 0)
        fault_set(f, FAULT_UNSUPPORTED, "no ext2, ext3 or ext4 file system, but %s", answer->title);
}

int ext4file_open(struct cli *cli, const char *operand, const struct ext4file_options *options,
                  struct source **device, struct ext4 **fs, struct fault *f)
{
    struct ext4_options ext4 = options->ext4;
    int code;

    *device = NULL;
    *fs = NULL;
    ext4.notices = &cli->notices;
    if ((code = image_open(cli, operand, &options->image, device, f)) != 0 ||
        (code = ext4_open(*device, &ext4, fs, f)) != FAULT_DAMAGED || ext4_detect(*device))
        return code;
    tell_content(*device, &options->image, f);
    return f->code;
}
