/* SPDX-License-Identifier: MIT */
/* An engram with its base, the base of that, and so on: found, opened and put together. */
#ifndef ENGRAM_BASE_H
#define ENGRAM_BASE_H

#include <stdint.h>

#include "base/fault.h"
#include "engram/baseref.h"
#include "engram/layout.h"
#include "engram/tables.h"
#include "io/reader.h"
#include "io/source.h"

/* How a base is found. */
struct base_finder {
    /* Open what may be the wanted base: the caller's then.  Whether it is the one, base_chain_open
     * checks.  FAULT_SYSTEM if there is none. */
    int (*find)(void *context, const struct baseref *wanted, struct source **out, struct fault *f);
    void *context;
};

/* One file of a chain, in which blocks lie. */
struct base_file {
    struct source *source; /* owned, but for the first */
    struct reader *reader; /* owned */
    uint64_t size;         /* bytes */
    uint32_t first_block;  /* the number that its first block has in the whole */
};

/* Plain data, all-zero when new.  The first file is the engram itself. */
struct base_chain {
    struct base_file files[1 + LAYOUT_BASES_MAX];
    unsigned count;
};

/*
 * Open an engram (borrowed) and, if it has a base, all bases, of which no more than blocks and
 * chunks stay in *t.  Each base must be just the one that was meant: its digest covers all that is
 * in it.  finder NULL: an engram with a base is refused.  A fault in a base is about its file.
 * Chain and tables are to be closed and freed, also on failure.
 */
int base_chain_open(struct source *top, const struct base_finder *finder, struct base_chain *chain,
                    struct tables *t, struct fault *f);

/* Says in which file a block is that a fault is about, unless that is the engram itself; returns
 * f->code. */
int base_chain_about(const struct base_chain *chain, unsigned level, struct fault *f);

void base_chain_close(struct base_chain *chain);

#endif
