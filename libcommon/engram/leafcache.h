/* SPDX-License-Identifier: MIT */
/* Decoded leaves of an engram's index, the last few of them kept, for finding paths. */
#ifndef ENGRAM_LEAFCACHE_H
#define ENGRAM_LEAFCACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/frame.h"
#include "engram/leaf.h"
#include "engram/tables.h"
#include "io/reader.h"

struct leafcache;

/*
 * Keeps up to LAYOUT_LEAF_MAX bytes of decoded leaves (and of marks in them a twentieth of that at
 * most), and of the leaves' first paths up to
 * LEAFCACHE_PATH_BYTES, so that a search decodes few leaves more than once.  All is borrowed.
 */
enum { LEAFCACHE_PATH_BYTES = 16 << 20 };

/* Leaves of more than LAYOUT_LEAF_SHARED are decoded to so many bytes in all, then it is
 * FAULT_UNSUPPORTED. */
#define LEAFCACHE_LARGE_BYTES (UINT64_C(4) << 30)

int leafcache_open(struct reader *from, const struct tables *t, struct frame_unpacker *u,
                   struct leafcache **out, struct fault *f);

/* A leaf, standing before the first entry whose path is not before `path`, or at its end; *exact:
 * it is that path.  Borrowed, and valid until the next call. */
int leafcache_seek(struct leafcache *c, uint32_t number, const char *path, struct leaf **out,
                   bool *exact, struct fault *f);

/* The path of a leaf's first entry, not checked beyond its length.  Valid until the next call. */
int leafcache_first_path(struct leafcache *c, uint32_t number, const char **path, struct fault *f);

/* NULL is allowed. */
void leafcache_close(struct leafcache *c);

#endif
