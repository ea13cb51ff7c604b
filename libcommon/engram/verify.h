/* SPDX-License-Identifier: MIT */
/* Checks all of an engram and names the files that are damaged. */
#ifndef ENGRAM_VERIFY_H
#define ENGRAM_VERIFY_H

#include <stdint.h>

#include "base/fault.h"
#include "base/progress.h"
#include "engram/engram.h"

/*
 * Read every byte of an open engram, and check every digest and every rule of engram(5) and of the
 * manifest that it holds.  Each damaged region and each file whose data is damaged is told as a
 * NOTICE_LOSS, and the work goes on to find all; in the end FAULT_DAMAGED says how many files.
 * A leaf of the index that cannot be read is told of in the same way, with the entries that are
 * lost with it: what else there is is then checked one by one, but not the whole by its totals.
 * Any other damage to the index ends the work at once.  progress (counting data bytes) may be NULL.
 */
int engram_verify(struct engram *g, const struct notices *n, struct progress *progress,
                  struct fault *f);

/* The same for the index alone, of which every byte is read: no data of any file is. */
int engram_verify_index(struct engram *g, const struct notices *n, struct fault *f);

#endif
