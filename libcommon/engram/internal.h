/* SPDX-License-Identifier: MIT */
/* What an open engram is made of.  For engram/ alone. */
#ifndef ENGRAM_INTERNAL_H
#define ENGRAM_INTERNAL_H

#include "base/digest.h"
#include "engram/base.h"
#include "engram/blockcache.h"
#include "engram/engram.h"
#include "engram/frame.h"
#include "engram/leafcache.h"
#include "engram/tables.h"

struct engram {
    struct engram_info info;
    struct base_chain chain;
    struct reader *reader; /* of the engram itself; the chain's */
    struct tables tables;
    struct frame_unpacker *unpacker; /* for leaves */
    struct blockcache *cache;
    struct leafcache *leaves; /* for finding paths */
};

/* Is what was looked for as the first name of a hard link there, and what a hard link may name?
 * FAULT_DAMAGED if not. */
int engram_check_linked(const struct engram_item *item, bool found, struct fault *f);

/* Is the SHA-256 of its data stored with it?  That of a single chunk is the chunk's own. */
bool engram_has_digest(const struct engram_item *item);

/* Is this, which took all its data, the SHA-256 that is stored?  FAULT_DAMAGED, with both, if not.
 */
int engram_check_digest(const struct engram_item *item, struct sha256 *whole, struct fault *f);

#endif
