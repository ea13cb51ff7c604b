/* SPDX-License-Identifier: MIT */
/* The distinct chunks of an engram that is being written, found by their SHA-256. */
#include "engram/chunkset.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* The tables' frame, whose length has 32 bits, has room for their rows and as many blocks'. */
#define CHUNKS_MAX ((uint32_t)1 << 25)

enum { SLOTS_FIRST = 1 << 12 };

/* The slot that holds the digest, or the free one where it belongs.  There is a free one. */
static uint32_t *slot_of(const struct chunkset *s, const uint8_t *sha256)
{
    uint32_t i = le32_at(sha256) & (s->slot_count - 1);

    while (s->slots[i] && memcmp(s->chunks[s->slots[i] - 1].sha256, sha256, SHA256_BYTES) != 0)
        i = (i + 1) & (s->slot_count - 1);
    return &s->slots[i];
}

/* Twice the slots, or the first ones. */
static int grow_slots(struct chunkset *s, struct fault *f)
{
    uint32_t count = s->slot_count ? 2 * s->slot_count : SLOTS_FIRST;
    uint32_t *slots = calloc(count, sizeof(*slots));

    if (!slots)
        return fault_memory(f, "the chunks", count * sizeof(*slots));
    free(s->slots);
    s->slots = slots;
    s->slot_count = count;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t *slot = slot_of(s, s->chunks[i].sha256);

        if (*slot == 0)
            *slot = i + 1;
    }
    return 0;
}

static int grow_chunks(struct chunkset *s, struct fault *f)
{
    uint32_t room = s->room ? s->room + s->room / 2 : SLOTS_FIRST / 2;
    struct layout_chunk *chunks = realloc(s->chunks, room * sizeof(*chunks));

    if (!chunks)
        return fault_memory(f, "the chunks", room * sizeof(*chunks));
    s->chunks = chunks;
    s->room = room;
    return 0;
}

int chunkset_add_again(struct chunkset *s, const uint8_t sha256[SHA256_BYTES], uint32_t *number,
                       struct fault *f)
{
    if (s->count == CHUNKS_MAX)
        return fault_set(f, FAULT_UNSUPPORTED, "more than %u chunks of data", CHUNKS_MAX);
    if (s->count == s->room && grow_chunks(s, f) < 0)
        return f->code;
    *number = s->count++;
    memcpy(s->chunks[*number].sha256, sha256, SHA256_BYTES);
    return 0;
}

int chunkset_find_or_add(struct chunkset *s, const uint8_t sha256[SHA256_BYTES], uint32_t *number,
                         bool *found, struct fault *f)
{
    uint32_t *slot;

    /* At most three quarters full, so that probing ends soon. */
    if (s->count >= s->slot_count / 4 * 3 && grow_slots(s, f) < 0)
        return f->code;
    slot = slot_of(s, sha256);
    *found = *slot != 0;
    if (*found) {
        *number = *slot - 1;
        return 0;
    }
    if (chunkset_add_again(s, sha256, number, f) < 0)
        return f->code;
    *slot = s->count;
    return 0;
}

void chunkset_free(struct chunkset *s)
{
    free(s->chunks);
    free(s->slots);
    memset(s, 0, sizeof(*s));
}
