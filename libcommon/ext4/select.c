/* SPDX-License-Identifier: MIT */
/* Which names of a tree are walked: all, or parts of it, and not what is excluded. */
#include "ext4/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"

/* Is `path` the directory `top`, or beneath it? */
static bool is_beneath(const char *path, const char *top)
{
    size_t length = strlen(top);

    if (strcmp(top, "/") == 0)
        return true;
    return strncmp(path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* A pattern with a slash in it is for the whole path, another for the name, its last component: so
 * that a path is looked at once, however deep it is. */
static bool matches(const char *pattern, const char *path)
{
    if (!strchr(pattern, '/'))
        path = strrchr(path, '/') + 1;
    else if (pattern[0] != '/')
        path++;
    return glob_match(pattern, path);
}

static bool is_excluded(const struct ext4_selection *s, const char *path)
{
    for (size_t i = 0; i < s->exclude_count; i++)
        if (matches(s->excludes[i], path))
            return true;
    return false;
}

enum ext4_selected ext4_select(const struct ext4_selection *s, const char *path,
                               enum ext4_selected above)
{
    enum ext4_selected selected = EXT4_SKIPPED;

    if (strcmp(path, "/") != 0 && is_excluded(s, path))
        return EXT4_SKIPPED;
    if (above == EXT4_SELECTED)
        return EXT4_SELECTED;
    for (size_t i = 0; i < s->path_count; i++) {
        if (is_beneath(path, s->paths[i]))
            return EXT4_SELECTED;
        if (is_beneath(s->paths[i], path))
            selected = EXT4_ON_THE_WAY;
    }
    return s->path_count == 0 ? EXT4_SELECTED : selected;
}

bool ext4_selects_all(const struct ext4_selection *s)
{
    return s->path_count == 0 && s->exclude_count == 0;
}

int ext4_glob_normal(const char *glob, char **out, struct fault *f)
{
    const char *start = glob;
    size_t length;

    *out = NULL;
    while (start[0] == '.' && start[1] == '/')
        start += 2;
    length = strlen(start);
    while (length > 0 && start[length - 1] == '/')
        length--;
    if (length == 0)
        return fault_set(f, FAULT_USAGE, "'%s' matches no name", glob);
    *out = strndup(start, length);
    return *out ? 0 : fault_memory(f, "a pattern", length + 1);
}

/* Where in `to` the last component starts, less its slash. */
static size_t parent_length(const char *to, size_t length)
{
    while (length > 0 && to[length] != '/')
        length--;
    return length;
}

int ext4_path_normal(const char *path, char **out, struct fault *f)
{
    size_t room = strlen(path) + 2, used = 0;
    char *to = malloc(room);

    if (!to)
        return fault_memory(f, "a path", room);
    while (*path) {
        size_t length = strcspn(path, "/");

        if (length == 2 && memcmp(path, "..", 2) == 0) {
            used = parent_length(to, used);
        } else if (length > 0 && !(length == 1 && *path == '.')) {
            to[used++] = '/';
            memcpy(to + used, path, length);
            used += length;
        }
        path += length + (path[length] == '/');
    }
    if (used == 0)
        to[used++] = '/';
    to[used] = '\0';
    *out = to;
    return 0;
}
