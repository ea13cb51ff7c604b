/* SPDX-License-Identifier: MIT */
/* The ENGRAM operand that commands share: a file, or a pipe that is spooled, and its base. */
#ifndef CMD_SHARED_ENGRAMFILE_H
#define CMD_SHARED_ENGRAMFILE_H

#include <stddef.h>

#include "base/cli.h"
#include "base/fault.h"
#include "engram/engram.h"
#include "io/source.h"

/* What the options said; starts all zero, freed by engramfile_options_free. */
struct engramfile_options {
    const char **base_dirs; /* further directories for bases */
    size_t base_dir_count, base_dir_room;
};

enum { ENGRAMFILE_KEY_BASE_DIR = 1200 };

/* For the option tables of all commands that read an engram. */
#define ENGRAMFILE_OPTIONS                                                                         \
    {                                                                                              \
        ENGRAMFILE_KEY_BASE_DIR, "base-dir", "DIR",                                                \
            "bases of engrams may lie in DIR too (repeatable)"                                     \
    }

/* Take an option that the table above brought in; others are ignored. */
void engramfile_option(struct engramfile_options *o, struct cli *cli, int key, const char *value);

/* For commands that have no other option to look at: take them all. */
void engramfile_parse(struct engramfile_options *o, struct cli *cli);

void engramfile_options_free(struct engramfile_options *o);

/* Open the operand (NULL or "-": standard input) as an engram, with its bases.  Sets cli->operand
 * for messages.  The caller closes *out, then *from. */
int engramfile_open(struct cli *cli, const struct engramfile_options *o, const char *operand,
                    struct source **from, struct engram **out, struct fault *f);

#endif
