/* SPDX-License-Identifier: MIT */
/* What an engram's footer says of the whole, checked by whoever goes through all entries. */
#ifndef ENGRAM_TOTALS_H
#define ENGRAM_TOTALS_H

#include "base/fault.h"
#include "engram/engram.h"

struct totals;

int totals_open(struct totals **out, struct fault *f);

/* The next entry of a walk over everything.  FAULT_DAMAGED if its chunks are not numbered in the
 * order in which files first have them. */
int totals_add(struct totals *t, const struct engram_item *item, struct fault *f);

/* After the last entry: FAULT_DAMAGED if a chunk belongs to no file, or the sum of the data or the
 * tree digest is wrong.  To be called once. */
int totals_check(struct totals *t, const struct engram_info *info, struct fault *f);

/* NULL is allowed. */
void totals_close(struct totals *t);

#endif
