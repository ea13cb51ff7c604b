/* SPDX-License-Identifier: MIT */
/* Leaves of an engram's index: some entries each, read and checked. */
#ifndef ENGRAM_LEAF_H
#define ENGRAM_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/engram.h"
#include "engram/frame.h"
#include "engram/tables.h"
#include "io/reader.h"

/* One unpacked leaf and the place in it where reading goes on.  Plain data, all-zero when new. */
struct leaf {
    const struct tables *tables; /* NULL: nothing is loaded */
    uint32_t number;
    uint32_t left; /* entries from `at` on */
    uint8_t *bytes;
    size_t room; /* of bytes, which the next leaf uses again if it suits */
    size_t length;
    size_t at;
};

/* Read leaf `number`, check and unpack it, and stand before its first entry.  What was loaded
 * before is gone, also on failure.  Tables are borrowed. */
int leaf_load(struct leaf *l, struct reader *from, const struct tables *t, struct frame_unpacker *u,
              uint32_t number, struct fault *f);

/* Stand before the first entry of what is loaded again. */
void leaf_rewind(struct leaf *l);

/* The path of the next entry, of which there must be one (left > 0): a string in the leaf, not
 * checked beyond its length. */
int leaf_peek(const struct leaf *l, const char **path, struct fault *f);

/* Go past the next entry without looking at it closely. */
int leaf_skip(struct leaf *l, struct fault *f);

/* Where entries of a leaf are that were gone past.  Starts all zero, and for a leaf that is loaded
 * anew with count 0; `at` is the caller's to free. */
struct leaf_marks {
    size_t *at;
    size_t count, room;
};

/*
 * Go on to the first entry whose path is not before `path`, or to the leaf's end; *exact: it is
 * that path.  With marks (they may be NULL), which are added to, the search is over the whole leaf,
 * and the next one for a path as far as this need not go past all entries again.
 */
int leaf_seek(struct leaf *l, struct leaf_marks *marks, const char *path, bool *exact,
              struct fault *f);

/* The next entry, of which there must be one, parsed and checked by itself; after a leaf's last
 * entry nothing may be left over. */
int leaf_next(struct leaf *l, struct engram_item *item, struct fault *f);

/* The number in the engram of the next entry, of which there must be one. */
uint64_t leaf_entry_number(const struct leaf *l);

/* Go past the next entry, as leaf_next does, but fill in only item->runs: which chunks it has is
 * checked, all else of it is not. */
int leaf_next_runs(struct leaf *l, struct engram_item *item, struct fault *f);

void leaf_free(struct leaf *l);

#endif
