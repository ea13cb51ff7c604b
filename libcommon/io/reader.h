/* SPDX-License-Identifier: MIT */
/* Small reads at any offset of a source, through a bounded block cache. */
#ifndef IO_READER_H
#define IO_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/source.h"

struct reader;

/* Its blocks: reading a byte may read all bytes before it in its block, and, unless the source is
 * one that keeps what comes, those after it. */
enum { READER_LINE_BYTES = 1 << 16 };

/* A reader of s, which is borrowed and must outlive it; cache_bytes bounds its memory (rounded up
 * to a few blocks) beside the clusters it is unpacking.  One thread at a time. */
int reader_open(struct source *s, size_t cache_bytes, struct reader **out, struct fault *f);

/* Exactly length bytes, or a fault: FAULT_DAMAGED past the end of the source, never zeros. */
int reader_read(struct reader *r, uint64_t offset, void *buffer, size_t length, struct fault *f);

/* The same past the cache: for what is large and will not be read again. */
int reader_read_once(struct reader *r, uint64_t offset, void *buffer, size_t length,
                     struct fault *f);

/* How many of the bytes from offset on, which lie within the source, are known to be zeros without
 * a look at them: up to length, and 0 wherever that is not known. */
int reader_hole(struct reader *r, uint64_t offset, uint64_t length, uint64_t *zeros,
                struct fault *f);

/*
 * Where these bytes come from, if they lie in one piece whose bytes any thread may read (with
 * extent_read, past the cache, while the source is open): *plain false if they do not.
 */
int reader_map(struct reader *r, uint64_t offset, uint64_t length, struct extent *out, bool *plain,
               struct fault *f);

/* NULL is allowed. */
void reader_close(struct reader *r);

#endif
