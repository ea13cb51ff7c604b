/* SPDX-License-Identifier: MIT */
/* The IMAGE operand that commands share: a raw or qcow2 file or a pipe, or a partition of it. */
#ifndef CMD_SHARED_IMAGE_H
#define CMD_SHARED_IMAGE_H

#include "base/cli.h"
#include "base/fault.h"
#include "io/source.h"

/* What -f and -p said; zero is the default. */
struct image_options {
    const char *format;    /* NULL: detected; "raw" or "qcow2" */
    const char *partition; /* NULL: the whole image; else a selector, see partextract(1) */
};

#define IMAGE_OPTION_FORMAT                                                                        \
    {                                                                                              \
        'f', "format", "FMT", "IMAGE is raw or qcow2 (default: detected; a pipe is raw)"           \
    }
#define IMAGE_OPTION_PARTITION                                                                     \
    {                                                                                              \
        'p', "partition", "SEL",                                                                   \
            "read this partition of IMAGE: a number, label=, uuid=, type= or largest"              \
    }

/*
 * Open the operand (NULL or "-": standard input).  A qcow2 image's backing chain is opened as well.
 * Sets cli->operand for messages.  The caller closes *out.
 */
int image_open(struct cli *cli, const char *operand, const struct image_options *options,
               struct source **out, struct fault *f);

/* Check an argument of -f; exits with a usage message unless it is raw or qcow2. */
const char *image_format(const struct cli *cli, const char *text);

#endif
