/* SPDX-License-Identifier: MIT */
/* Tells data that will not get smaller from data that may, at little cost. */
#include "engram/density.h"

#include "base/checked.h"

/* The sample: pieces from all over the data. */
enum { PIECES = 16, PIECE_BYTES = 256, SHORTEST = 8192 };

bool density_is_full(const uint8_t *bytes, size_t length)
{
    uint32_t counts[256] = {0};
    size_t stride = length / PIECES, piece = min_u64(stride, PIECE_BYTES), n = PIECES * piece;
    uint64_t squares = 0;

    if (length < SHORTEST)
        return false;
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t k = 0; k < piece; k++)
            counts[bytes[i * stride + k]]++;
    }
    for (unsigned i = 0; i < 256; i++)
        squares += (uint64_t)counts[i] * counts[i];
    /* Two bytes of n even ones are the same one time in 256; and each is the same as itself.  A
     * tenth more often is about 7.9 bits for each byte. */
    return squares * 256 * 10 <= (uint64_t)n * n * 11 + (uint64_t)n * 256 * 10;
}
