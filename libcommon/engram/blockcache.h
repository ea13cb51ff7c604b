/* SPDX-License-Identifier: MIT */
/* Decoded blocks of an engram, the last few of them kept. */
#ifndef ENGRAM_BLOCKCACHE_H
#define ENGRAM_BLOCKCACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/tables.h"
#include "io/reader.h"

struct blockcache;

/* Keeps up to max_bytes of decoded blocks, or one block if that is larger, and one
 * more as it is stored.  The reader and the
 * tables are borrowed. */
int blockcache_open(struct reader *from, const struct tables *t, size_t max_bytes,
                    struct blockcache **out, struct fault *f);

/* What a block unpacks to, its stored bytes checked against their SHA-256 when it is loaded.  Valid
 * until the next call. */
int blockcache_get(struct blockcache *c, uint32_t block, const uint8_t **data, struct fault *f);

/* The bytes of one chunk, checked against its SHA-256.  Valid until the next call. */
int blockcache_chunk(struct blockcache *c, uint32_t chunk, const uint8_t **data, struct fault *f);

/* Bytes of content that were decoded so far: what reading has cost, for tests. */
uint64_t blockcache_decoded(const struct blockcache *c);

/* NULL is allowed. */
void blockcache_close(struct blockcache *c);

#endif
