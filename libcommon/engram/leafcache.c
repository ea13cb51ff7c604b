/* SPDX-License-Identifier: MIT */
/* Decoded leaves of an engram's index, the last few of them kept, for finding paths. */
#include "engram/leafcache.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 32 };

struct slot {
    struct leaf leaf; /* its tables are NULL: free */
    struct leaf_marks marks;
    uint64_t used; /* tick of its last use */
};

struct leafcache {
    struct reader *from;
    const struct tables *tables;
    struct frame_unpacker *unpacker;
    char **paths; /* per leaf; NULL: not kept */
    size_t path_bytes;
    size_t bytes;   /* in the slots' leaves */
    uint64_t large; /* bytes that large leaves were decoded to, in all */
    uint64_t tick;
    struct slot slots[SLOTS];
};

int leafcache_open(struct reader *from, const struct tables *t, struct frame_unpacker *u,
                   struct leafcache **out, struct fault *f)
{
    struct leafcache *c = calloc(1, sizeof(*c));

    if (c)
        c->paths = calloc((size_t)t->footer.leaves + 1, sizeof(*c->paths));
    if (!c || !c->paths) {
        free(c);
        return fault_memory(f, "a cache of leaves", t->footer.leaves * sizeof(char *));
    }
    c->from = from;
    c->tables = t;
    c->unpacker = u;
    *out = c;
    return 0;
}

static void drop(struct leafcache *c, struct slot *s)
{
    c->bytes -= s->leaf.room;
    leaf_free(&s->leaf);
    free(s->marks.at);
    s->marks = (struct leaf_marks){0};
}

/* A slot for a leaf of `wanted` bytes, after as many as needed of the longest unused were dropped;
 * the last of them stays if its memory suits. */
static struct slot *make_room(struct leafcache *c, size_t wanted)
{
    for (;;) {
        struct slot *idle = NULL, *oldest = NULL;

        for (unsigned i = 0; i < SLOTS; i++) {
            struct slot *s = &c->slots[i];

            if (!s->leaf.tables)
                idle = s;
            else if (!oldest || s->used < oldest->used)
                oldest = s;
        }
        if (!oldest || (idle && c->bytes + wanted <= LAYOUT_LEAF_MAX))
            return idle;
        if (oldest->leaf.room >= wanted && oldest->leaf.room / 2 <= wanted)
            return oldest;
        drop(c, oldest);
    }
}

/* A leaf with one large entry may be wanted over and over, for many hard links to that entry, and
 * another in between: a small engram could keep a reader busy for hours. */
static int count_large(struct leafcache *c, uint32_t unpacked, struct fault *f)
{
    if (unpacked <= LAYOUT_LEAF_SHARED)
        return 0;
    c->large += unpacked;
    if (c->large <= LEAFCACHE_LARGE_BYTES)
        return 0;
    return fault_set(f, FAULT_UNSUPPORTED,
                     "finding names takes more than %" PRIu64
                     " MiB of leaves of more than %d bytes",
                     LEAFCACHE_LARGE_BYTES >> 20, LAYOUT_LEAF_SHARED);
}

/* The slot that has the leaf, loaded if need be. */
static int get(struct leafcache *c, uint32_t number, struct slot **out, struct fault *f)
{
    struct slot *s = NULL;

    for (unsigned i = 0; i < SLOTS && !s; i++) {
        if (c->slots[i].leaf.tables && c->slots[i].leaf.number == number)
            s = &c->slots[i];
    }
    if (!s) {
        if (count_large(c, c->tables->leaves[number].row.unpacked, f) < 0)
            return f->code;
        s = make_room(c, c->tables->leaves[number].row.unpacked);
        c->bytes -= s->leaf.room;
        s->marks.count = 0;
        if (leaf_load(&s->leaf, c->from, c->tables, c->unpacker, number, f) < 0)
            return f->code;
        c->bytes += s->leaf.room;
    }
    s->used = ++c->tick;
    *out = s;
    return 0;
}

int leafcache_seek(struct leafcache *c, uint32_t number, const char *path, struct leaf **out,
                   bool *exact, struct fault *f)
{
    struct slot *s;

    if (get(c, number, &s, f) < 0)
        return f->code;
    *out = &s->leaf;
    return leaf_seek(&s->leaf, &s->marks, path, exact, f);
}

int leafcache_first_path(struct leafcache *c, uint32_t number, const char **path, struct fault *f)
{
    struct slot *s;
    size_t bytes;

    if (c->paths[number]) {
        *path = c->paths[number];
        return 0;
    }
    if (get(c, number, &s, f) < 0)
        return f->code;
    leaf_rewind(&s->leaf);
    if (leaf_peek(&s->leaf, path, f) < 0)
        return f->code;
    bytes = strlen(*path) + 1;
    if (bytes > LEAFCACHE_PATH_BYTES - c->path_bytes)
        return 0;
    c->paths[number] = strdup(*path);
    if (!c->paths[number])
        return fault_memory(f, "a path", bytes);
    c->path_bytes += bytes;
    return 0;
}

void leafcache_close(struct leafcache *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < SLOTS; i++)
        drop(c, &c->slots[i]);
    for (uint32_t i = 0; i < c->tables->footer.leaves; i++)
        free(c->paths[i]);
    free(c->paths);
    free(c);
}
