/* SPDX-License-Identifier: MIT */
/* Finds the rows of an array by the SHA-256 that each has. */
#include "base/digestmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"

enum { SLOTS_FIRST = 1 << 12 };

static const uint8_t *digest_at(const struct digestmap_rows *rows, uint32_t row)
{
    return rows->first + (size_t)row * rows->stride;
}

/* All of the digest counts, since all of it may be made up. */
static uint64_t hash(uint64_t seed, const uint8_t *sha256)
{
    uint64_t h = 0;

    for (size_t i = 0; i < SHA256_BYTES; i += 8)
        h = hash_u64(seed, h ^ le64_at(sha256 + i));
    return h;
}

uint32_t *digestmap_slot(const struct digestmap *m, const struct digestmap_rows *rows,
                         const uint8_t sha256[SHA256_BYTES])
{
    uint64_t i = hash(m->seed, sha256) & (m->slot_count - 1);

    while (m->slots[i] && memcmp(digest_at(rows, m->slots[i] - 1), sha256, SHA256_BYTES) != 0)
        i = (i + 1) & (m->slot_count - 1);
    return &m->slots[i];
}

/* How many rows so many slots take: at most three quarters are filled, so that probing ends soon.
 */
static uint64_t room_in(uint64_t slot_count)
{
    return slot_count / 4 * 3;
}

static uint64_t slots_for(uint32_t count)
{
    uint64_t slot_count = SLOTS_FIRST;

    while (room_in(slot_count) < count)
        slot_count *= 2;
    return slot_count;
}

/* Other slots, with so many rows in them. */
static int rebuild(struct digestmap *m, uint64_t slot_count, const struct digestmap_rows *rows,
                   uint32_t count, struct fault *f)
{
    uint32_t *slots = calloc(slot_count, sizeof(*slots));

    if (!slots)
        return fault_memory(f, "finding chunks", slot_count * sizeof(*slots));
    if (!m->slots)
        m->seed = hash_seed(slots);
    free(m->slots);
    m->slots = slots;
    m->slot_count = slot_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *slot = digestmap_slot(m, rows, digest_at(rows, i));

        if (*slot == 0)
            *slot = i + 1;
    }
    return 0;
}

int digestmap_make_room(struct digestmap *m, const struct digestmap_rows *rows, uint32_t count,
                        struct fault *f)
{
    if (count < room_in(m->slot_count))
        return 0;
    return rebuild(m, m->slot_count ? 2 * m->slot_count : SLOTS_FIRST, rows, count, f);
}

int digestmap_fill(struct digestmap *m, const struct digestmap_rows *rows, uint32_t count,
                   struct fault *f)
{
    return rebuild(m, slots_for(count), rows, count, f);
}

uint64_t digestmap_bytes(uint32_t count)
{
    return slots_for(count) * sizeof(uint32_t);
}

void digestmap_free(struct digestmap *m)
{
    free(m->slots);
    memset(m, 0, sizeof(*m));
}
