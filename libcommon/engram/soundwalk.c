/* SPDX-License-Identifier: MIT */
/* A walk that leaves out what is damaged, and goes on. */
#include "engram/soundwalk.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "engram/damage.h"
#include "manifest/names.h"
#include "manifest/path.h"

struct sound_walk {
    struct select_walk *from;
    bool with_data;
    const struct notices *notices;
    struct damage *damage;
    struct names *given;
    bool begun; /* an entry was read: there is a root */
    bool left_out;
    char text[TEXT_SHOWN_BYTES + 64]; /* why */
};

int sound_walk_open(struct engram *g, struct select_walk *from, bool with_data,
                    const struct notices *n, struct sound_walk **out, struct fault *f)
{
    struct sound_walk *w = calloc(1, sizeof(*w));

    if (!w)
        return fault_memory(f, "a walk", sizeof(*w));
    w->from = from;
    w->with_data = with_data;
    w->notices = n;
    if (damage_open(g, n, &w->damage, f) < 0 || names_open(&w->given, f) < 0) {
        sound_walk_close(w);
        return f->code;
    }
    *out = w;
    return 0;
}

void sound_walk_close(struct sound_walk *w)
{
    if (!w)
        return;
    damage_close(w->damage);
    names_close(w->given);
    free(w);
}

bool sound_walk_has_losses(const struct sound_walk *w)
{
    return w->left_out || damage_lost_entries(w->damage) > 0;
}

/* The next entry that can be read. */
static int next_readable(struct sound_walk *w, struct engram_item *item, bool *more,
                         struct fault *f)
{
    uint32_t entries;

    while (select_walk_next(w->from, item, more, f) < 0) {
        /* Without its root a tree is nothing. */
        if (f->code != FAULT_DAMAGED || !w->begun || !select_walk_pass_over(w->from, &entries) ||
            damage_begin_gap(w->damage, entries, item->entry.path, f) < 0)
            return f->code;
    }
    damage_end_gap(w->damage, *more ? item->entry.path : NULL);
    w->begun = true;
    return 0;
}

/* Was the directory that holds it given? */
static bool has_directory(const struct sound_walk *w, char *path)
{
    size_t length = path_parent_length(path);
    bool given;
    char next;

    if (length == 0)
        return true;
    next = path[length];
    path[length] = '\0';
    given = names_have(w->given, path);
    path[length] = next;
    return given;
}

/* Why an entry cannot be given, valid until the next call; NULL: it can. */
static int find_reason(struct sound_walk *w, const struct engram_item *item, const char **why,
                       struct fault *f)
{
    const struct entry *e = &item->entry;
    char shown[TEXT_SHOWN_BYTES];

    *why = NULL;
    if (!has_directory(w, e->path)) {
        *why = "its directory is lost";
    } else if (e->type == ENTRY_HARD_LINK && !names_have(w->given, e->link)) {
        snprintf(w->text, sizeof(w->text), "a hard link to %s, which is lost",
                 text_shown(shown, e->link));
        *why = w->text;
    } else if (e->type == ENTRY_FILE && w->with_data) {
        return damage_check_data(w->damage, item, NULL, why, f);
    }
    return 0;
}

int sound_walk_next(struct sound_walk *w, struct engram_item *item, bool *more, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];
    const char *why;

    for (;;) {
        if (next_readable(w, item, more, f) < 0)
            return f->code;
        if (!*more)
            return 0;
        if (find_reason(w, item, &why, f) < 0)
            return f->code;
        if (!why)
            return names_add(w->given, item->entry.path, f);
        w->left_out = true;
        notice(w->notices, NOTICE_LOSS, NULL, "%s: %s: left out",
               text_shown(shown, item->entry.path), why);
    }
}
