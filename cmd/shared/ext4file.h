/* SPDX-License-Identifier: MIT */
/* The ext2, ext3 or ext4 file system in an IMAGE operand, as the commands that read one share it.
 */
#ifndef CMD_SHARED_EXT4FILE_H
#define CMD_SHARED_EXT4FILE_H

#include "base/cli.h"
#include "ext4/ext4.h"
#include "shared/image.h"

/* What the options said; zero is the default. */
struct ext4file_options {
    struct image_options image;
    struct ext4_options ext4;
};

enum { EXT4FILE_KEY_JOURNAL = 1200, EXT4FILE_KEY_NO_VERIFY };

/* For the option tables, after IMAGE_OPTIONS. */
#define EXT4FILE_OPTIONS                                                                           \
    {EXT4FILE_KEY_JOURNAL, "journal", "HOW",                                                       \
     "what needs a replay: replay (in memory; the default), ignore or strict"},                    \
    {                                                                                              \
        EXT4FILE_KEY_NO_VERIFY, "no-verify", NULL, "do not look at checksums of metadata"          \
    }

/* Take an option that one of the tables brought in; others are ignored.  Exits with a usage message
 * on a wrong argument. */
void ext4file_option(struct ext4file_options *options, struct cli *cli, int key, const char *value);

void ext4file_options_free(struct ext4file_options *options);

/*
 * Open the operand (NULL or "-": standard input) and the file system in it.  If there is none, the
 * fault says what is there instead: partitions, which -p could name, or something else.  The
 * caller closes *fs and *device, also on failure (they are NULL then, or valid).
 */
int ext4file_open(struct cli *cli, const char *operand, const struct ext4file_options *options,
                  struct source **device, struct ext4 **fs, struct fault *f);

#endif
