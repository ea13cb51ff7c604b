/* SPDX-License-Identifier: MIT */
/* Gathers entries into leaves of an engram's index. */
#ifndef ENGRAM_LEAFWRITER_H
#define ENGRAM_LEAFWRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/engram.h"
#include "engram/layout.h"
#include "io/sink.h"

struct leafwriter;

/* Leaves are kept in memory, compressed, until they are written. */
int leafwriter_open(struct leafwriter **out, struct fault *f);

/* An entry as it is stored in a leaf, see engram(5). */
struct leaf_entry {
    const char *record;
    size_t record_length;
    const struct engram_run *runs;
    size_t run_count;
    const uint8_t *sha256; /* NULL unless the runs have two chunks or more */
};

/* FAULT_UNSUPPORTED if an entry with so long a record and so many runs has no room in a leaf, be it
 * without a digest: to be asked before memory is spent on it. */
int leafwriter_check(size_t record_length, size_t run_count, struct fault *f);

int leafwriter_add(struct leafwriter *w, const struct leaf_entry *e, struct fault *f);

/* No entry is still to come: put all leaves into the sink. */
int leafwriter_finish(struct leafwriter *w, struct sink *to, struct fault *f);

/* After leafwriter_finish: a row per leaf. */
const struct layout_leaf *leafwriter_rows(const struct leafwriter *w, uint32_t *count);

/* How many bytes the leaves so far have. */
uint64_t leafwriter_bytes(const struct leafwriter *w);

/* NULL is allowed. */
void leafwriter_close(struct leafwriter *w);

#endif
