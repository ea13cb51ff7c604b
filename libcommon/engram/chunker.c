/* SPDX-License-Identifier: MIT */
/* Where file data is cut into chunks: at places that its content marks. */
#include "engram/chunker.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/digest.h"

/* Bits of the hash that must be zero at a cut, before CHUNKER_USUAL and after it.  The highest have
 * seen the last 64 bytes. */
enum { BITS_BEFORE = 16, BITS_AFTER = 13 };

#define HIGHEST(bits) (~UINT64_C(0) << (64 - (bits)))

void chunker_start(struct chunker *c, uint64_t small_chunks)
{
    c->doublings = 0;
    c->small_count = small_chunks;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i, digest[SHA256_BYTES];

        sha256_of(&byte, 1, digest);
        c->gear[i] = le64_at(digest);
    }
}

/* Roll from *at to `end`, and stop after the first byte where the masked bits are zero. */
static bool find_cut(const struct chunker *c, const uint8_t *bytes, size_t *at, size_t end,
                     uint64_t mask, uint64_t *hash)
{
    uint64_t h = *hash;

    for (size_t i = *at; i < end; i++) {
        h = (h << 1) + c->gear[bytes[i]];
        if ((h & mask) == 0) {
            *at = i + 1;
            return true;
        }
    }
    *at = end;
    *hash = h;
    return false;
}

/* The first place in bytes, `end` at most, or 0. */
static size_t find_place(const struct chunker *c, const uint8_t *bytes, size_t end)
{
    size_t at = (size_t)CHUNKER_MIN << c->doublings, usual = (size_t)CHUNKER_USUAL << c->doublings;
    uint64_t hash = 0;

    if (end <= at)
        return 0;
    if (find_cut(c, bytes, &at, min_u64(end, usual), HIGHEST(BITS_BEFORE + c->doublings), &hash) ||
        find_cut(c, bytes, &at, end, HIGHEST(BITS_AFTER + c->doublings), &hash))
        return at;
    return 0;
}

size_t chunker_cut(struct chunker *c, const uint8_t *bytes, size_t length, bool final)
{
    size_t max = (size_t)CHUNKER_MAX << c->doublings, end = min_u64(length, max);
    size_t cut = find_place(c, bytes, end);

    if (cut == 0 && (final || end == max))
        cut = end;
    if (cut && c->small_count && --c->small_count == 0)
        c->doublings = CHUNKER_DOUBLINGS;
    return cut;
}
