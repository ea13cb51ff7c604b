/* SPDX-License-Identifier: MIT */
/* The IMAGE operand that commands share: a raw or qcow2 file or a pipe, or a partition of it. */
#ifndef CMD_SHARED_IMAGE_H
#define CMD_SHARED_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cli.h"
#include "base/fault.h"
#include "io/source.h"
#include "part/part.h"
#include "qcow2/qcow2.h"

/* What the options said; zero is the default. */
struct image_options {
    const char *format;       /* NULL: detected; "raw" or "qcow2" */
    const char *partition;    /* NULL: the whole image; else a selector, see partextract(1) */
    struct part_options part; /* how the partition table is read */
    const char *snapshot;     /* NULL: the disk as it is; else a snapshot of a qcow2 image */
    bool detect_in_pipe;      /* a pipe may be qcow2 without -f, too */
    bool no_backing;          /* an image that needs a backing or data file is refused */
    const char *
        *backing_dirs; /* further directories for backing files; freed by image_options_free */
    size_t backing_dir_count;
};

enum { IMAGE_KEY_BACKING_DIR = 1100, IMAGE_KEY_NO_BACKING, IMAGE_KEY_SECTOR_SIZE };

/* For the option tables: how the image is read, which every command has that takes one. */
#define IMAGE_OPTIONS                                                                              \
    {'f', "format", "FMT", "IMAGE is raw or qcow2 (default: detected)"},                           \
        {IMAGE_KEY_BACKING_DIR, "backing-dir", "DIR",                                              \
         "backing and data files may lie in DIR too (repeatable)"},                                \
    {                                                                                              \
        IMAGE_KEY_NO_BACKING, "no-backing", NULL,                                                  \
            "refuse an image that needs a backing or data file"                                    \
    }

/* For commands that read a partition table. */
#define IMAGE_OPTION_SECTOR_SIZE                                                                   \
    {                                                                                              \
        IMAGE_KEY_SECTOR_SIZE, "sector-size", "SIZE",                                              \
            "the partition table counts in sectors of 512, 1024, 2048 or 4096 bytes"               \
    }

/* The same, for those that read a partition of it. */
#define IMAGE_OPTION_PARTITION                                                                     \
    {'p', "partition", "SEL",                                                                      \
     "read this partition of IMAGE: a number, label=, uuid=, type= or largest"},                   \
        IMAGE_OPTION_SECTOR_SIZE

#define IMAGE_OPTION_SNAPSHOT                                                                      \
    {                                                                                              \
        's', "snapshot", "NAME|ID", "the disk as this internal snapshot of IMAGE has it"           \
    }

/*
 * Open the operand (NULL or "-": standard input).  A qcow2 image's backing chain is opened as well.
 * Sets cli->operand and cli->partition for messages.  The caller closes *out.
 */
int image_open(struct cli *cli, const char *operand, const struct image_options *options,
               struct source **out, struct fault *f);

/*
 * The first half of it, for whoever looks into the image itself: the operand as a file, and whether
 * it is to be read as qcow2.  Sets cli->operand.  The caller closes *file.
 */
int image_open_file(struct cli *cli, const char *operand, const struct image_options *options,
                    struct source **file, bool *is_qcow2, struct fault *f);

/* Does it start as a qcow2 image does?  In a pipe that is never taken for one, but worth telling.
 */
bool image_is_qcow2(struct source *s);

/* What the options say of a qcow2 image; where it lies is in cli->input. */
struct qcow2_options image_qcow2_options(const struct image_options *options,
                                         const struct cli *cli);

/* Take an option that one of the tables above brought in; others are ignored.  Exits with a usage
 * message on a wrong argument. */
void image_option(struct image_options *options, struct cli *cli, int key, const char *value);

void image_options_free(struct image_options *options);

#endif
