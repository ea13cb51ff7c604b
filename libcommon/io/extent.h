/* SPDX-License-Identifier: MIT */
/* The bytes of an extent, for those that move or cache them. */
#ifndef IO_EXTENT_H
#define IO_EXTENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/source.h"
#include "io/unpack.h"

/* len bytes of an extent, from `skip` bytes into it (skip + len <= e->length), into buffer.  u
 * unpacks EXTENT_PACKED; without it (NULL) those are FAULT_UNSUPPORTED. */
int extent_read(const struct extent *e, struct unpacker *u, uint64_t skip, void *buffer, size_t len,
                struct fault *f);

/* Exactly len bytes of a source whose bytes are not packed themselves, past every cache. */
int source_read_plain(struct source *s, uint64_t offset, void *buffer, size_t len, struct fault *f);

#endif
