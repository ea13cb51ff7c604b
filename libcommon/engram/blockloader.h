/* SPDX-License-Identifier: MIT */
/* Loads blocks of an engram: reads them as they are stored, checks and decodes them. */
#ifndef ENGRAM_BLOCKLOADER_H
#define ENGRAM_BLOCKLOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/tables.h"
#include "io/extent.h"
#include "io/reader.h"

/* Working space for loading one block after the other: a decoder, and the largest block so far as
 * it is stored.  One thread at a time. */
struct blockloader;
int blockloader_open(struct blockloader **out, struct fault *f);
void blockloader_close(struct blockloader *l); /* NULL is allowed */

/* What a block unpacks to, into data, which has room for it; its stored bytes are checked against
 * their SHA-256 first. */
int blockloader_load(struct blockloader *l, struct reader *from, const struct table_block *b,
                     uint8_t *data, struct fault *f);

/* The same of stored bytes that are in one piece, which reader_map has found: in any thread. */
int blockloader_load_from(struct blockloader *l, const struct extent *stored,
                          const struct table_block *b, uint8_t *data, struct fault *f);

/* Is this what the chunk is made of? */
bool blockloader_is_chunk(struct blockloader *l, const struct tables *t, uint32_t chunk,
                          const uint8_t *data);

#endif
