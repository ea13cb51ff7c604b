/* SPDX-License-Identifier: MIT */
/* The ENGRAM operand that commands share: a file, or a pipe that is spooled. */
#ifndef CMD_SHARED_ENGRAMFILE_H
#define CMD_SHARED_ENGRAMFILE_H

#include "base/cli.h"
#include "base/fault.h"
#include "engram/engram.h"
#include "io/source.h"

/* Open the operand (NULL or "-": standard input) as an engram.  Sets cli->operand for messages.
 * The caller closes *out, then *from. */
int engramfile_open(struct cli *cli, const char *operand, struct source **from, struct engram **out,
                    struct fault *f);

#endif
