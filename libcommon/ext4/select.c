/* SPDX-License-Identifier: MIT */
/* Which names of a tree are walked: all, or parts of it, and not what is excluded. */
#include "ext4/select.h"

#include <string.h>

#include "base/operand.h"

/* Is `path` the directory `top`, or beneath it? */
static bool is_beneath(const char *path, const char *top)
{
    size_t length = strlen(top);

    if (strcmp(top, "/") == 0)
        return true;
    return strncmp(path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool is_excluded(const struct ext4_selection *s, const char *path)
{
    for (size_t i = 0; i < s->exclude_count; i++)
        if (operand_matches(s->excludes[i], path))
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
