/* SPDX-License-Identifier: MIT */
/* The chunks of a base, found by their SHA-256, for an engram that is written against it. */
#include "engram/baseset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/digestmap.h"
#include "engram/baseref.h"
#include "engram/chunkrows.h"
#include "engram/internal.h"

struct baseset {
    const struct tables *tables;
    struct baseref ref; /* its runs are set at the end */
    struct digestmap map;
};

static struct digestmap_rows rows_of(const struct tables *t)
{
    return (struct digestmap_rows){t->chunk_rows + LAYOUT_CHUNK_SHA256, LAYOUT_CHUNK_ROW};
}

int baseset_check(const struct engram *base, const char *name, struct fault *f)
{
    if (!baseref_is_name(name))
        return fault_set(f, FAULT_USAGE, "a base must have a file's name of 1 to %d bytes",
                         BASEREF_NAME_MAX);
    if (base->chain.count > LAYOUT_BASES_MAX)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "it is the end of a chain of %d bases already, the most that there may be",
                         LAYOUT_BASES_MAX);
    return 0;
}

uint64_t baseset_memory(const struct engram *base)
{
    return tables_memory(&base->tables) + digestmap_bytes(base->tables.footer.chunks);
}

static int fill_ref(struct baseset *b, const struct engram *base, const char *name, struct fault *f)
{
    if (baseset_check(base, name, f) < 0)
        return f->code;
    b->ref.name = strdup(name);
    if (!b->ref.name)
        return fault_memory(f, "a name", strlen(name));
    b->ref.size = base->info.size;
    memcpy(b->ref.identity, base->tables.footer.identity, SHA256_BYTES);
    return 0;
}

int baseset_open(const struct engram *base, const char *name, struct baseset **out, struct fault *f)
{
    struct digestmap_rows rows = rows_of(&base->tables);
    struct baseset *b = calloc(1, sizeof(*b));

    if (!b)
        return fault_memory(f, "a base", sizeof(*b));
    b->tables = &base->tables;
    if (fill_ref(b, base, name, f) < 0 ||
        digestmap_fill(&b->map, &rows, b->tables->footer.chunks, f) < 0) {
        baseset_close(b);
        return f->code;
    }
    *out = b;
    return 0;
}

bool baseset_find(const struct baseset *b, const uint8_t sha256[SHA256_BYTES], uint32_t *chunk)
{
    struct digestmap_rows rows = rows_of(b->tables);
    uint32_t slot = *digestmap_slot(&b->map, &rows, sha256);

    *chunk = slot - 1;
    return slot != 0;
}

uint32_t baseset_block(const struct baseset *b, uint32_t chunk)
{
    return chunkrows_block(b->tables, chunk);
}

uint32_t baseset_block_bytes(const struct baseset *b, uint32_t block)
{
    return b->tables->blocks[block].row.unpacked;
}

/* The runs of the chunks that are the base's, each as long as it can be. */
static int find_runs(const struct chunkset *set, struct baseref *ref, uint32_t *own_chunks,
                     struct fault *f)
{
    size_t room = 0;

    *own_chunks = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct layout_chunk *c = &set->chunks[i];
        struct baseref_run *last = ref->run_count ? &ref->runs[ref->run_count - 1] : NULL, *runs;

        if (!baseset_has(c)) {
            ++*own_chunks;
        } else if (last && last->first + last->count == i && last->from + last->count == c->block) {
            last->count++;
        } else {
            runs =
                array_grow(ref->runs, ref->run_count, &room, sizeof(*runs), "the base's runs", f);
            if (!runs)
                return f->code;
            ref->runs = runs;
            ref->runs[ref->run_count++] = (struct baseref_run){i, 1, c->block};
        }
    }
    return 0;
}

int baseset_section(const struct baseset *b, const struct chunkset *set, uint8_t **section,
                    uint32_t *length, uint32_t *own_chunks, struct fault *f)
{
    struct baseref ref = b->ref;
    uint64_t bytes;
    int rc = find_runs(set, &ref, own_chunks, f);

    bytes = baseref_bytes(&ref); /* far below 2^32, as there are at most 2^25 chunks */
    if (rc == 0) {
        *length = (uint32_t)bytes;
        *section = malloc(bytes);
        if (*section)
            baseref_put(&ref, *section);
        else
            rc = fault_memory(f, "the base section", bytes);
    }
    free(ref.runs); /* the name is still b's */
    return rc;
}

void baseset_close(struct baseset *b)
{
    if (!b)
        return;
    baseref_free(&b->ref);
    digestmap_free(&b->map);
    free(b);
}
