/* SPDX-License-Identifier: MIT */
/* Finds the rows of an array by the SHA-256 that each has. */
#ifndef BASE_DIGESTMAP_H
#define BASE_DIGESTMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"

/* Where the digests are: in rows of `stride` bytes, the caller's. */
struct digestmap_rows {
    const uint8_t *first; /* the digest of row 0 */
    size_t stride;
};

/* Plain data, all-zero when new.  Memory: 5 to 11 bytes for each row, and for a moment half as much
 * again while it grows. */
struct digestmap {
    uint32_t *slots; /* row number plus 1, 0 free; by digest, linear probing */
    uint64_t slot_count;
    uint64_t seed; /* digests may be mere claims */
};

/* See to it that one more row has room when there are `count` of them: the rows [0, count) are put
 * in anew if it has to grow. */
int digestmap_make_room(struct digestmap *m, const struct digestmap_rows *rows, uint32_t count,
                        struct fault *f);

/* Put in all of so many rows, fewer than 2^32, at once.  Of several with the same digest it is the
 * first that is found. */
int digestmap_fill(struct digestmap *m, const struct digestmap_rows *rows, uint32_t count,
                   struct fault *f);

/* The slot of this digest: the number of its row plus 1, or 0 if there is none, to be filled in by
 * whoever adds the row, having made room before.  Not before there is room for a row. */
uint32_t *digestmap_slot(const struct digestmap *m, const struct digestmap_rows *rows,
                         const uint8_t sha256[SHA256_BYTES]);

/* What digestmap_fill takes for so many rows. */
uint64_t digestmap_bytes(uint32_t count);

void digestmap_free(struct digestmap *m);

#endif
