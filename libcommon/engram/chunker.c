/* SPDX-License-Identifier: MIT */
/* Where file data is cut into chunks: at places that its content marks. */
#include "engram/chunker.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/digest.h"

/* Bits of the hash that must be zero at a cut, before CHUNKER_USUAL and after it.  The highest have
 * seen the last 64 bytes. */
enum { BITS_BEFORE = 16, BITS_AFTER = 13 };

/* A hash has that many zeros in front if it is below this. */
#define ZEROS(bits) (UINT64_C(1) << (64 - (bits)))

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

/* Roll from *at to `end`, and stop after the first byte where the hash is below `limit`.  Four
 * bytes are rolled before they are looked at: the branches are what this costs. */
static bool find_cut(const struct chunker *c, const uint8_t *bytes, size_t *at, size_t end,
                     uint64_t limit, uint64_t *hash)
{
    uint64_t h = *hash;
    size_t i = *at;

    for (; end - i >= 4; i += 4) {
        uint64_t first = (h << 1) + c->gear[bytes[i]];
        uint64_t second = (first << 1) + c->gear[bytes[i + 1]];
        uint64_t third = (second << 1) + c->gear[bytes[i + 2]];

        h = (third << 1) + c->gear[bytes[i + 3]];
        if (first < limit)
            return *at = i + 1, true;
        if (second < limit)
            return *at = i + 2, true;
        if (third < limit)
            return *at = i + 3, true;
        if (h < limit)
            return *at = i + 4, true;
    }
    for (; i < end; i++) {
        h = (h << 1) + c->gear[bytes[i]];
        if (h < limit)
            return *at = i + 1, true;
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
    if (find_cut(c, bytes, &at, min_u64(end, usual), ZEROS(BITS_BEFORE + c->doublings), &hash) ||
        find_cut(c, bytes, &at, end, ZEROS(BITS_AFTER + c->doublings), &hash))
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
