/* SPDX-License-Identifier: MIT */
/* Where file data is cut into chunks. */
#ifndef ENGRAM_CHUNKER_H
#define ENGRAM_CHUNKER_H

#include <stddef.h>
#include <stdint.h>

/*
 * How long the first chunk of these bytes is, or 0 if that cannot be told before more bytes have
 * come.  `final`: there are no more of this file.  With LAYOUT_CHUNK_MAX bytes, or with final ones,
 * the answer is never 0.  It depends on nothing but the bytes.
 */
size_t chunker_cut(const uint8_t *bytes, size_t length, _Bool final);

#endif
