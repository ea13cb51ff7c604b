/* SPDX-License-Identifier: MIT */
/* What the files of each profile come to in an engram, as a table. */
#ifndef CMD_SHARED_PACKSIZES_H
#define CMD_SHARED_PACKSIZES_H

#include <stdio.h>

#include "base/fault.h"
#include "engram/writer.h"

/* Of a writer that has finished: a row for each profile that has files, one for the index, and the
 * total. */
int packsizes_print(FILE *out, const struct engram_writer *w, const struct engram_info *info,
                    struct fault *f);

/* The same as one JSON object, on a line. */
void packsizes_print_json(FILE *out, const struct engram_writer *w, const struct engram_info *info);

#endif
