/* SPDX-License-Identifier: MIT */
/* The base of an engram that is being packed. */
#ifndef CMD_SHARED_PACKBASE_H
#define CMD_SHARED_PACKBASE_H

#include "base/cli.h"
#include "base/fault.h"
#include "engram/writer.h"
#include "io/source.h"
#include "shared/engramfile.h"

/* Starts all zero: no base. */
struct packbase {
    struct source *source;
    struct engram *engram;
    struct engram_writer_base base; /* of these */
};

/* Open the engram at this path as a base, with its own bases: a regular file that is not the
 * output.  Sets cli->operand for messages.  The path is borrowed. */
int packbase_open(struct packbase *b, struct cli *cli, const struct engramfile_options *o,
                  const char *path, struct fault *f);

/* What the writer takes: NULL if there is none. */
const struct engram_writer_base *packbase_of(const struct packbase *b);

/* The engram is written: a note if its base is not where readers will look first, beside it. */
void packbase_note_place(const struct packbase *b, struct cli *cli);

void packbase_close(struct packbase *b);

#endif
