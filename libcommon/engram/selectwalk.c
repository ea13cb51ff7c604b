/* SPDX-License-Identifier: MIT */
/* A walk over the entries of an engram that were selected, which is a tree of its own. */
#include "engram/selectwalk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engram/relink.h"
#include "manifest/names.h"
#include "manifest/path.h"

/* A path that is kept, its memory for the next one. */
struct kept {
    char *text;
    size_t room;
    bool set;
};

struct select_walk {
    struct engram *engram;
    struct selection *selection;
    bool all;
    bool reads_ahead;
    struct engram_walk *walk; /* of a region; NULL: go on to the next */
    size_t next_region;
    struct kept inside; /* the directory taken last: all in it is taken */
    struct kept given;  /* the entry given last */
    struct kept target; /* what the directories that come next lead to */
    struct engram_item held;
    bool holding; /* held comes after these */
    struct names *files;
    struct relink relinks;
};

static int keep(struct kept *k, const char *path, struct fault *f)
{
    size_t bytes = strlen(path) + 1;

    if (bytes > k->room) {
        char *bigger = realloc(k->text, 2 * bytes);

        if (!bigger)
            return fault_memory(f, "a path", 2 * bytes);
        k->text = bigger;
        k->room = 2 * bytes;
    }
    memcpy(k->text, path, bytes);
    k->set = true;
    return 0;
}

static int damaged(const char *path, const char *what, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    return fault_set(f, FAULT_DAMAGED, "%s: %s", text_shown(shown, path), what);
}

int select_walk_open(struct engram *g, struct selection *s, struct select_walk **out,
                     struct fault *f)
{
    struct select_walk *w = calloc(1, sizeof(*w));

    if (!w)
        return fault_memory(f, "a walk", sizeof(*w));
    w->engram = g;
    w->selection = s;
    w->all = selection_is_all(s);
    if (!w->all && names_open(&w->files, f) != 0) {
        free(w);
        return f->code;
    }
    *out = w;
    return 0;
}

void select_walk_read_ahead(struct select_walk *w)
{
    w->reads_ahead = true;
}

void select_walk_close(struct select_walk *w)
{
    if (!w)
        return;
    engram_walk_close(w->walk);
    engram_item_free(&w->held);
    names_close(w->files);
    relink_free(&w->relinks);
    free(w->inside.text);
    free(w->given.text);
    free(w->target.text);
    free(w);
}

/* ---- what comes next ---- */

/* Cut the path off after the first directory in it that is excluded, if there is one. */
static bool cut_at_excluded(const struct selection *s, char *path)
{
    for (char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        char *end = strchr(slash + 1, '/');

        if (end)
            *end = '\0';
        if (selection_excludes(s, path))
            return true;
        if (end)
            *end = '/';
    }
    return false;
}

/* A name that lies in what is excluded still has the directories on the way to that. */
static int start_region(struct select_walk *w, struct fault *f)
{
    struct selection_region region = selection_region(w->selection, w->next_region++);

    if (keep(&w->target, region.top, f) != 0)
        return f->code;
    w->target.set = false;
    if (cut_at_excluded(w->selection, w->target.text)) {
        w->target.set = region.is_name;
        return 0;
    }
    if (engram_walk_open(w->engram, region.top, &w->walk, f) < 0)
        return f->code;
    /* Of what is looked through for a pattern too little may be taken. */
    return w->reads_ahead && region.is_name ? engram_walk_read_ahead(w->walk, f) : 0;
}

/* Is what is held to be given? */
static int judge(struct select_walk *w, bool *taken, struct fault *f)
{
    const struct entry *e = &w->held.entry;

    *taken = true;
    if (w->all)
        return 0;
    /* Asked in any case: a pattern wants to know whether it matches anything. */
    *taken = selection_takes(w->selection, e->path);
    if (selection_excludes(w->selection, e->path)) {
        *taken = false;
        return engram_walk_skip(w->walk, f);
    }
    if (w->inside.set && path_is_within(e->path, w->inside.text))
        *taken = true;
    else if (*taken && e->type == ENTRY_DIRECTORY)
        return keep(&w->inside, e->path, f);
    return 0;
}

/* Set the target to the next entry that is to be given, which is then held, or to where there would
 * be one; leave it as it is after the last. */
static int find_next(struct select_walk *w, struct fault *f)
{
    bool more;

    while (!w->target.set) {
        if (!w->walk) {
            if (w->next_region == selection_region_count(w->selection))
                return 0;
            if (start_region(w, f) != 0)
                return f->code;
        } else if (engram_walk_next(w->walk, &w->held, &more, f) != 0) {
            return f->code;
        } else if (!more) {
            engram_walk_close(w->walk);
            w->walk = NULL;
        } else if (judge(w, &w->holding, f) != 0) {
            return f->code;
        } else if (w->holding && keep(&w->target, w->held.entry.path, f) != 0) {
            return f->code;
        }
    }
    return 0;
}

/* ---- giving it ---- */

/* The length of the first directory on the way to the target that has not been given; 0: all have
 * been.  Since paths come in order, those that have are what was given last and what it lies in. */
static size_t next_on_the_way(const struct select_walk *w)
{
    const char *target = w->target.text, *given = w->given.text;
    size_t same = 0;

    if (target[1] == '\0')
        return 0;
    if (!w->given.set)
        return 1;
    while (given[same] != '\0' && given[same] == target[same])
        same++;
    for (const char *end = strchr(target + 1, '/'); end; end = strchr(end + 1, '/')) {
        size_t length = (size_t)(end - target);

        if (length > same || (given[length] != '\0' && given[length] != '/'))
            return length;
    }
    return 0;
}

static int give_on_the_way(struct select_walk *w, size_t length, struct engram_item *item,
                           struct fault *f)
{
    char *path = strndup(w->target.text, length);
    bool found;
    int code;

    if (!path)
        return fault_memory(f, "a path", length + 1);
    code = engram_find(w->engram, path, item, &found, f);
    if (code == 0 && (!found || item->entry.type != ENTRY_DIRECTORY))
        code = damaged(w->target.text, "no directory for it comes before it", f);
    if (code == 0)
        code = keep(&w->given, path, f);
    free(path);
    return code;
}

/* The file itself, under a name that was a hard link to it. */
static int take_place(struct select_walk *w, struct engram_item *item, struct fault *f)
{
    char *path = item->entry.path, *first = item->entry.link;
    char shown[TEXT_SHOWN_BYTES];
    int code = relink_put(&w->relinks, first, path, f);

    item->entry.path = item->entry.link = NULL;
    if (code == 0 && (code = engram_find_linked(w->engram, first, item, f)) != 0)
        fault_prefix(f, "%s", text_shown(shown, path));
    if (code == 0) {
        free(item->entry.path);
        item->entry.path = path;
        path = NULL;
    }
    free(path);
    free(first);
    return code;
}

/* See to it that a hard link is one to a name that was given. */
static int link_anew(struct select_walk *w, struct engram_item *item, struct fault *f)
{
    const char *instead;
    char *link;

    if (names_have(w->files, item->entry.link))
        return 0;
    instead = relink_get(&w->relinks, item->entry.link);
    if (!instead) {
        if (take_place(w, item, f) != 0)
            return f->code;
        return names_add(w->files, item->entry.path, f);
    }
    link = strdup(instead);
    if (!link)
        return fault_memory(f, "a path", strlen(instead) + 1);
    free(item->entry.link);
    item->entry.link = link;
    return 0;
}

static int give_held(struct select_walk *w, struct engram_item *item, struct fault *f)
{
    struct engram_item given = w->held;

    /* Exchanged, so that both go on to be used with their memory. */
    w->held = *item;
    *item = given;
    w->holding = false;
    if (keep(&w->given, item->entry.path, f) != 0)
        return f->code;
    if (w->all || item->entry.type == ENTRY_DIRECTORY)
        return 0;
    if (item->entry.type == ENTRY_HARD_LINK)
        return link_anew(w, item, f);
    return names_add(w->files, item->entry.path, f);
}

int select_walk_next(struct select_walk *w, struct engram_item *item, bool *more, struct fault *f)
{
    *more = false;
    for (;;) {
        size_t length;

        if (!w->target.set && find_next(w, f) != 0)
            return f->code;
        if (!w->target.set)
            return 0;
        *more = true;
        length = w->all ? 0 : next_on_the_way(w);
        if (length != 0)
            return give_on_the_way(w, length, item, f);
        w->target.set = false;
        if (w->holding)
            return give_held(w, item, f);
        *more = false;
    }
}

bool select_walk_pass_over(struct select_walk *w, uint32_t *entries)
{
    return w->all && w->walk && engram_walk_pass_over(w->walk, entries);
}
