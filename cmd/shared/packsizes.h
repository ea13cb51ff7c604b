/* SPDX-License-Identifier: MIT */
/* What the files of each profile come to in an engram, as a table. */
#ifndef CMD_SHARED_PACKSIZES_H
#define CMD_SHARED_PACKSIZES_H

#include <stdbool.h>

#include "base/fault.h"
#include "engram/writer.h"
#include "shared/product.h"

/* Of a writer that has finished: a row for each profile that has files, one for the index, one for
 * the tables, and the total; or the same as one JSON object, on a line. */
int packsizes_print(struct product *to, bool json, const struct engram_writer *w,
                    const struct engram_info *info, struct fault *f);

#endif
