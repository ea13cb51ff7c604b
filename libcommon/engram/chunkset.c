/* SPDX-License-Identifier: MIT */
/* The distinct chunks of an engram that is being written, found by their SHA-256. */
#include "engram/chunkset.h"

#include <stdlib.h>
#include <string.h>

/* The tables' frame, whose length has 32 bits, has room for their rows and as many blocks'. */
#define CHUNKS_MAX ((uint32_t)1 << 25)

enum { CHUNKS_FIRST = 1 << 11 };

static struct digestmap_rows rows_of(const struct chunkset *s)
{
    return (struct digestmap_rows){s->chunks ? s->chunks->sha256 : NULL, sizeof(*s->chunks)};
}

static int grow_chunks(struct chunkset *s, struct fault *f)
{
    uint32_t room = s->room ? s->room + s->room / 2 : CHUNKS_FIRST;
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
    struct digestmap_rows rows = rows_of(s);
    uint32_t *slot;

    if (digestmap_make_room(&s->map, &rows, s->count, f) < 0)
        return f->code;
    slot = digestmap_slot(&s->map, &rows, sha256);
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
    digestmap_free(&s->map);
    memset(s, 0, sizeof(*s));
}
