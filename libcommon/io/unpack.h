/* SPDX-License-Identifier: MIT */
/* Compressed clusters unpacked, the last few of them kept. */
#ifndef IO_UNPACK_H
#define IO_UNPACK_H

#include <stdint.h>

#include "base/fault.h"
#include "io/source.h"

struct unpacker;

/* Keeps up to `slots` unpacked clusters.  One thread at a time. */
int unpacker_open(unsigned slots, struct unpacker **out, struct fault *f);

/* What a cluster unpacks to: exactly e->packed.unpacked bytes at *data, valid until the next call.
 * FAULT_DAMAGED, with the host offset, if it unpacks to less or does not unpack. */
int unpacker_get(struct unpacker *u, const struct extent *e, const uint8_t **data, struct fault *f);

/* NULL is allowed. */
void unpacker_close(struct unpacker *u);

#endif
