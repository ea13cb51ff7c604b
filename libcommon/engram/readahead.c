/* SPDX-License-Identifier: MIT */
/* Which blocks a walk over an engram is going to need, found by going through the index ahead. */
#include "engram/readahead.h"

#include <stdlib.h>
#include <string.h>

#include "engram/chunkrows.h"
#include "engram/engram.h"
#include "engram/leaf.h"
#include "manifest/path.h"

struct readahead {
    struct blockcache_plan plan;
    struct reader *from;
    const struct tables *tables;
    struct frame_unpacker *unpacker;
    char *top;
    struct leaf leaf;
    uint32_t next_leaf;      /* after the loaded one */
    struct engram_item item; /* its runs: of the entry that is being gone through */
    uint64_t entry;          /* its number */
    size_t run;              /* the run of it, and the chunk in that, that come next */
    uint32_t chunk;
};

/* Stand before the next entry, in whichever leaf it is; false if there is none. */
static bool find_entry(struct readahead *a)
{
    struct fault unsaid;

    if (a->leaf.left)
        return true;
    if (a->next_leaf == a->tables->footer.leaves)
        return false;
    return leaf_load(&a->leaf, a->from, a->tables, a->unpacker, a->next_leaf++, &unsaid) == 0;
}

/* Take the next entry's runs; false if that entry is not in the walk, or is damaged. */
static bool take_entry(struct readahead *a)
{
    struct fault unsaid;
    const char *path;

    if (!find_entry(a) || leaf_peek(&a->leaf, &path, &unsaid) < 0)
        return false;
    if (path_compare(path, a->top) < 0) {
        a->item.run_count = 0;
        return leaf_skip(&a->leaf, &unsaid) == 0;
    }
    a->entry = leaf_entry_number(&a->leaf);
    return path_is_within(path, a->top) && leaf_next_runs(&a->leaf, &a->item, &unsaid) == 0;
}

static bool next_block(void *context, uint32_t *block, uint64_t *entry)
{
    struct readahead *a = context;
    const struct engram_run *run;

    while (a->run == a->item.run_count) {
        a->run = a->chunk = 0;
        if (!take_entry(a)) {
            a->item.run_count = 0;
            a->leaf.left = 0;
            a->next_leaf = a->tables->footer.leaves;
            return false;
        }
    }
    run = &a->item.runs[a->run];
    *block = chunkrows_block(a->tables, run->first + a->chunk);
    *entry = a->entry;
    if (++a->chunk == run->count) {
        a->chunk = 0;
        a->run++;
    }
    return true;
}

int readahead_open(struct reader *from, const struct tables *t, struct frame_unpacker *u,
                   uint32_t leaf, const char *top, struct readahead **out, struct fault *f)
{
    struct readahead *a = calloc(1, sizeof(*a));

    if (a)
        a->top = strdup(top);
    if (!a || !a->top) {
        free(a);
        return fault_memory(f, "a look ahead", sizeof(*a));
    }
    a->plan = (struct blockcache_plan){.next = next_block, .context = a};
    a->from = from;
    a->tables = t;
    a->unpacker = u;
    a->next_leaf = leaf;
    *out = a;
    return 0;
}

const struct blockcache_plan *readahead_plan(const struct readahead *a)
{
    return &a->plan;
}

void readahead_close(struct readahead *a)
{
    if (!a)
        return;
    leaf_free(&a->leaf);
    engram_item_free(&a->item);
    free(a->top);
    free(a);
}
