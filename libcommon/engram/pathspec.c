/* SPDX-License-Identifier: MIT */
/* A PATH operand: the name of an entry of an engram, or a pattern of such names. */
#include "engram/pathspec.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/operand.h"
#include "base/text.h"
#include "engram/resolve.h"
#include "manifest/path.h"

/* Split a pattern after the last slash before anything that may be special in it: what is before
 * that is a directory's name. */
static int split(struct pathspec *p, struct fault *f)
{
    char *glob, *directory;
    size_t length;
    int code = operand_glob(p->given, &glob, f);

    if (code != 0)
        return code;
    length = strcspn(glob, "*?[\\");
    while (length > 0 && glob[length - 1] != '/')
        length--;
    p->by_name = strchr(glob, '/') == NULL;
    p->pattern = strdup(glob + length);
    directory = strndup(glob, length);
    free(glob);
    if (!p->pattern || !directory)
        code = fault_memory(f, "a pattern", strlen(p->given));
    else
        code = operand_path(directory, &p->top, f);
    free(directory);
    return code;
}

int pathspec_open(struct engram *g, const char *given, struct pathspec *p, struct fault *f)
{
    struct engram_item item = {0};
    int code;

    *p = (struct pathspec){.given = given};
    if (*given == '\0')
        return fault_set(f, FAULT_USAGE, "an empty path: the root is /");
    code = operand_path(given, &p->top, f);
    if (code == 0)
        code = engram_find(g, p->top, &item, &p->found, f);
    engram_item_free(&item);
    if (code == 0 && !p->found && glob_is_pattern(given)) {
        free(p->top);
        p->top = NULL;
        code = split(p, f);
    }
    if (code != 0)
        pathspec_free(p);
    return code;
}

/* Where links lead to on the way to the pattern's directory; nowhere is fine, then nothing matches.
 */
static int follow_top(struct engram *g, struct pathspec *p, struct fault *f)
{
    struct engram_item item = {0};
    bool found;
    int code = engram_resolve(g, p->top, RESOLVE_FILE, &item, &found, f);

    if (code == 0 && found) {
        free(p->top);
        p->top = strdup(item.entry.path);
        if (!p->top)
            code = fault_memory(f, "a path", strlen(item.entry.path));
    }
    engram_item_free(&item);
    return code;
}

int pathspec_open_pattern(struct engram *g, const char *given, struct pathspec *p, bool *is_pattern,
                          struct fault *f)
{
    int code;

    *p = (struct pathspec){.given = given};
    *is_pattern = glob_is_pattern(given);
    if (!*is_pattern)
        return 0;
    code = split(p, f);
    if (code == 0)
        code = follow_top(g, p, f);
    if (code != 0)
        pathspec_free(p);
    return code;
}

/* What the pattern is for: what comes after the top and a slash, or NULL. */
static const char *below_top(const struct pathspec *p, const char *path)
{
    size_t length = strlen(p->top);

    if (!path_is_within(path, p->top) || path[length] == '\0')
        return NULL;
    return path + (length == 1 ? 1 : length + 1);
}

bool pathspec_matches(const struct pathspec *p, const char *path)
{
    const char *below = below_top(p, path);

    if (!below)
        return false;
    return p->by_name ? operand_matches(p->pattern, path) : glob_match(p->pattern, below);
}

bool pathspec_holds(const struct pathspec *p, const char *path)
{
    const char *below = below_top(p, path);

    if (!below)
        return false;
    return p->by_name ? operand_holds(p->pattern, path) : glob_match_above(p->pattern, below);
}

int pathspec_next(struct pathspec *p, struct engram_walk *w, struct engram_item *item, bool *more,
                  struct fault *f)
{
    int code;

    do
        code = engram_walk_next(w, item, more, f);
    while (code == 0 && *more && !pathspec_matches(p, item->entry.path));
    if (code == 0 && *more)
        p->found = true;
    return code;
}

int pathspec_check(const struct pathspec *p, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    if (p->found)
        return 0;
    text_shown(shown, p->given);
    if (p->pattern)
        return fault_set(f, FAULT_SYSTEM, "no name matches %s", shown);
    return fault_set(f, FAULT_SYSTEM, "there is no %s", shown);
}

void pathspec_free(struct pathspec *p)
{
    free(p->top);
    free(p->pattern);
    memset(p, 0, sizeof(*p));
}
