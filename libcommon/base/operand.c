/* SPDX-License-Identifier: MIT */
/* Names in a file tree, and patterns of them, as people type them on a command line. */
#include "base/operand.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"

bool operand_matches(const char *glob, const char *path)
{
    if (!strchr(glob, '/'))
        path = strrchr(path, '/') + 1;
    else if (glob[0] != '/')
        path++;
    return glob_match(glob, path);
}

bool operand_holds(const char *glob, const char *path)
{
    if (strchr(glob, '/'))
        return glob_match_above(glob, glob[0] == '/' ? path : path + 1);
    while (*path) {
        size_t length = strcspn(++path, "/");

        if (glob_match_bytes(glob, path, length))
            return true;
        path += length;
    }
    return false;
}

int operand_glob(const char *glob, char **out, struct fault *f)
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

/* The length of a path without its last component, of which it may have none. */
static size_t parent_length(const char *path, size_t length)
{
    while (length > 0 && path[--length] != '/')
        continue;
    return length;
}

int operand_path(const char *path, char **out, struct fault *f)
{
    size_t room = strlen(path) + 2, used = 0;
    char *to = malloc(room);

    *out = to;
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
    return 0;
}
