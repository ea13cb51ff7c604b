/* SPDX-License-Identifier: MIT */
/* The entries of an engram, in order or by path. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "engram/engram.h"
#include "engram/internal.h"
#include "engram/readahead.h"
#include "manifest/path.h"

struct engram_walk {
    struct engram *engram;
    struct leaf leaf;
    uint32_t next_leaf; /* after the loaded one */
    char *top;
    char *last_path; /* of the entry before; NULL before the first */
    size_t last_room;
    enum entry_type last_type;
    struct readahead *ahead; /* which the cache of blocks follows, or NULL */
    bool reads_all;          /* all data is going to be asked for */
    bool gap;                /* a leaf was passed over since then */
};

/* The one leaf that can hold `path`: the last that does not start after it.  There is a leaf. */
static int find_leaf(struct engram *g, const char *path, uint32_t *number, struct fault *f)
{
    uint32_t low = 0, high = g->tables.footer.leaves;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        const char *first;

        if (leafcache_first_path(g->leaves, middle, &first, f) < 0)
            return f->code;
        if (path_compare(first, path) > 0)
            high = middle;
        else
            low = middle;
    }
    *number = low;
    return 0;
}

/* Load a leaf of a walk, which has its own, as many may be under way. */
static int load(struct engram_walk *w, uint32_t number, struct fault *f)
{
    struct engram *g = w->engram;

    w->next_leaf = number + 1;
    return leaf_load(&w->leaf, g->reader, &g->tables, g->unpacker, number, f);
}

int engram_find(struct engram *g, const char *path, struct engram_item *item, bool *found,
                struct fault *f)
{
    struct leaf *leaf;
    uint32_t number;

    *found = false;
    if (g->tables.footer.leaves == 0)
        return 0;
    if (find_leaf(g, path, &number, f) < 0 ||
        leafcache_seek(g->leaves, number, path, &leaf, found, f) < 0)
        return f->code;
    return *found ? leaf_next(leaf, item, f) : 0;
}

int engram_check_linked(const struct engram_item *item, bool found, struct fault *f)
{
    if (found && item->entry.type != ENTRY_HARD_LINK && item->entry.type != ENTRY_DIRECTORY)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "a hard link names what is no file");
}

int engram_find_linked(struct engram *g, const char *link, struct engram_item *item,
                       struct fault *f)
{
    bool found;
    int rc = engram_find(g, link, item, &found, f);

    return rc < 0 ? rc : engram_check_linked(item, found, f);
}

int engram_walk_open(struct engram *g, const char *top, struct engram_walk **out, struct fault *f)
{
    struct engram_walk *w = calloc(1, sizeof(*w));
    uint32_t number;
    bool exact;
    int rc = 0;

    if (w)
        w->top = strdup(top);
    if (!w || !w->top) {
        free(w);
        return fault_memory(f, "a walk", sizeof(*w));
    }
    w->engram = g;
    if (g->tables.footer.leaves && strcmp(top, "/") != 0) {
        rc = find_leaf(g, top, &number, f);
        if (rc == 0)
            rc = load(w, number, f);
        if (rc == 0)
            rc = leaf_seek(&w->leaf, NULL, top, &exact, f);
    }
    if (rc < 0)
        engram_walk_close(w);
    else
        *out = w;
    return rc;
}

static void stop_ahead(struct engram_walk *w)
{
    if (w->ahead)
        blockcache_follow(w->engram->cache, NULL);
    readahead_close(w->ahead);
    w->ahead = NULL;
}

/* From this leaf on, if the cache has the threads for it. */
static int start_ahead(struct engram_walk *w, uint32_t leaf, struct fault *f)
{
    struct engram *g = w->engram;

    if (readahead_open(g->reader, &g->tables, g->unpacker, leaf, w->top, &w->ahead, f) < 0)
        return f->code;
    if (!blockcache_follow(g->cache, readahead_plan(w->ahead))) {
        readahead_close(w->ahead);
        w->ahead = NULL;
    }
    return 0;
}

int engram_walk_read_ahead(struct engram_walk *w, struct fault *f)
{
    if (w->reads_all)
        return 0;
    w->reads_all = true;
    blockcache_expect_all(w->engram->cache, true);
    return start_ahead(w, w->leaf.tables ? w->leaf.number : w->next_leaf, f);
}

static int misplaced(const struct entry *e, const char *what, const char *other, struct fault *f)
{
    char path[256], second[256];

    text_escape(path, sizeof(path), e->path, strlen(e->path));
    text_escape(second, sizeof(second), other, strlen(other));
    return fault_set(f, FAULT_DAMAGED, "%s: %s %s", path, what, second);
}

/* Is the entry's parent a directory?  Entries come depth first, so that it must be the entry before
 * or one that this one lies in, and those are known to be directories. */
static int check_parent(const struct engram_walk *w, const struct entry *e, struct fault *f)
{
    size_t length = path_parent_length(e->path), last_length = strlen(w->last_path);

    if (length > last_length || strncmp(e->path, w->last_path, length) != 0 ||
        (length > 1 && length < last_length && w->last_path[length] != '/'))
        return misplaced(e, "no directory for it comes before it, but", w->last_path, f);
    if (length == last_length && w->last_type != ENTRY_DIRECTORY)
        return misplaced(e, "it lies in what is no directory:", w->last_path, f);
    return 0;
}

/* The entry among the others. */
static int check_place(const struct engram_walk *w, const struct entry *e, struct fault *f)
{
    if (e->type == ENTRY_HARD_LINK && path_compare(e->link, e->path) >= 0)
        return misplaced(e, "it comes before its first name", e->link, f);
    if (!w->last_path) {
        if (!w->gap && strcmp(w->top, "/") == 0 &&
            (strcmp(e->path, "/") != 0 || e->type != ENTRY_DIRECTORY))
            return misplaced(e, "it comes first, not the directory", "/", f);
        return 0;
    }
    if (path_compare(w->last_path, e->path) >= 0)
        return misplaced(e, "it comes after", w->last_path, f);
    return w->gap ? 0 : check_parent(w, e, f);
}

static int remember(struct engram_walk *w, const struct entry *e, struct fault *f)
{
    size_t length = strlen(e->path) + 1;

    if (length > w->last_room) {
        char *bigger = realloc(w->last_path, 2 * length);

        if (!bigger)
            return fault_memory(f, "a path", 2 * length);
        w->last_path = bigger;
        w->last_room = 2 * length;
    }
    memcpy(w->last_path, e->path, length);
    w->last_type = e->type;
    w->gap = false;
    return 0;
}

int engram_walk_next(struct engram_walk *w, struct engram_item *item, bool *more, struct fault *f)
{
    *more = false;
    if (w->leaf.left == 0) {
        if (w->next_leaf == w->engram->tables.footer.leaves)
            return 0;
        if (load(w, w->next_leaf, f) < 0)
            return f->code;
    }
    if (w->ahead)
        blockcache_reach(w->engram->cache, leaf_entry_number(&w->leaf));
    if (leaf_next(&w->leaf, item, f) < 0)
        return f->code;
    if (!path_is_within(item->entry.path, w->top)) {
        w->leaf.left = 0;
        w->next_leaf = w->engram->tables.footer.leaves;
        return 0;
    }
    if (check_place(w, &item->entry, f) < 0 || remember(w, &item->entry, f) < 0)
        return f->code;
    *more = true;
    return 0;
}

/* Does the path come no later than the last one that the directory holds? */
static bool is_passed(const char *path, const char *directory)
{
    return path_is_within(path, directory) || path_compare(path, directory) < 0;
}

/* Go on in the loaded leaf to the first entry that is not to be passed over, or to its end. */
static int skip_in_leaf(struct engram_walk *w, struct fault *f)
{
    while (w->leaf.left) {
        const char *path;

        if (leaf_peek(&w->leaf, &path, f) < 0)
            return f->code;
        if (!is_passed(path, w->last_path))
            return 0;
        if (leaf_skip(&w->leaf, f) < 0)
            return f->code;
    }
    return 0;
}

/* The last leaf that starts with an entry to be passed over: by ever longer steps, then by halves,
 * so that what is read of the index depends little on how much is passed over. */
static int find_last_passed(struct engram_walk *w, uint32_t *number, struct fault *f)
{
    uint32_t low = w->leaf.number, high = w->engram->tables.footer.leaves;
    uint64_t step = 1;

    while (high - low > 1) {
        uint32_t middle = low + (uint32_t)min_u64(step, (high - low) / 2);
        const char *first;

        if (leafcache_first_path(w->engram->leaves, middle, &first, f) < 0)
            return f->code;
        if (is_passed(first, w->last_path)) {
            low = middle;
            step *= 2;
        } else {
            high = middle;
            step = UINT32_MAX;
        }
    }
    *number = low;
    return 0;
}

int engram_walk_skip(struct engram_walk *w, struct fault *f)
{
    uint32_t leaves = w->engram->tables.footer.leaves, number = leaves;

    if (!w->last_path || w->last_type != ENTRY_DIRECTORY)
        return 0;
    if (skip_in_leaf(w, f) < 0)
        return f->code;
    if (w->leaf.left || w->next_leaf == leaves)
        return 0;
    /* The leaf after it would be needed in any case. */
    if (load(w, w->next_leaf, f) < 0 || skip_in_leaf(w, f) < 0)
        return f->code;
    if (w->leaf.left || w->next_leaf == leaves)
        return 0;
    if (find_last_passed(w, &number, f) < 0)
        return f->code;
    if (number < w->next_leaf)
        return 0;
    return load(w, number, f) < 0 ? f->code : skip_in_leaf(w, f);
}

bool engram_walk_pass_over(struct engram_walk *w, uint32_t *entries)
{
    bool loaded = w->leaf.tables != NULL, begun = w->next_leaf > 0;
    struct fault unsaid;

    if (loaded || !begun)
        return false;
    *entries = w->engram->tables.leaves[w->next_leaf - 1].row.entries;
    w->gap = true;
    /* The plan ended at this leaf.  Without one the walk is only slower. */
    if (w->ahead) {
        stop_ahead(w);
        (void)start_ahead(w, w->next_leaf, &unsaid);
    }
    return true;
}

void engram_walk_close(struct engram_walk *w)
{
    if (!w)
        return;
    stop_ahead(w);
    if (w->reads_all)
        blockcache_expect_all(w->engram->cache, false);
    leaf_free(&w->leaf);
    free(w->last_path);
    free(w->top);
    free(w);
}
