/* SPDX-License-Identifier: MIT */
/* Paths without their first names, as --strip-components makes them, and the hard links then. */
#include "engram/strip.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engram/internal.h"

const char *strip_path(const struct strip *s, const char *path)
{
    for (unsigned i = 0; path != NULL && i < s->components; i++)
        path = strchr(path + 1, '/');
    return path;
}

/* What a hard link names, which may be a hard link that a walk gave as a file. */
static int find_file(struct engram *g, const char *link, struct engram_item *item, struct fault *f)
{
    bool found;
    int rc = engram_find(g, link, item, &found, f);
    char *first;

    if (rc < 0)
        return rc;
    if (!found || item->entry.type != ENTRY_HARD_LINK)
        return engram_check_linked(item, found, f);
    first = strdup(item->entry.link);
    if (first == NULL)
        return fault_memory(f, "a path", strlen(item->entry.link));
    rc = engram_find_linked(g, first, item, f);
    free(first);
    return rc;
}

/* Become the file that `first` named. */
static int take_place(struct strip *s, struct engram *g, struct engram_item *item, struct fault *f)
{
    char *path = item->entry.path, *first = item->entry.link;
    char shown[TEXT_SHOWN_BYTES];
    int rc = relink_put(&s->relinks, first, path, f);

    item->entry.path = item->entry.link = NULL;
    if (rc == 0 && (rc = find_file(g, first, item, f)) < 0)
        fault_prefix(f, "%s", text_shown(shown, path));
    free(item->entry.path);
    item->entry.path = path;
    free(first);
    return rc;
}

int strip_relink(struct strip *s, struct engram *g, struct engram_item *item, struct fault *f)
{
    const char *instead;
    char *link;

    if (item->entry.type != ENTRY_HARD_LINK || strip_path(s, item->entry.link) != NULL)
        return 0;
    instead = relink_get(&s->relinks, item->entry.link);
    if (instead == NULL)
        return take_place(s, g, item, f);
    link = strdup(instead);
    if (link == NULL)
        return fault_memory(f, "a path", strlen(instead));
    free(item->entry.link);
    item->entry.link = link;
    return 0;
}

void strip_free(struct strip *s)
{
    relink_free(&s->relinks);
}
