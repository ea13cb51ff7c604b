/* SPDX-License-Identifier: MIT */
/* Paths as manifests have them: what is clean, and which comes first. */
#include "manifest/path.h"

#include <string.h>

/* True for a component that a clean path may not have: empty, "." or "..". */
static bool component_is_stray(const char *name, size_t len)
{
    return len == 0 || (len == 1 && name[0] == '.') ||
           (len == 2 && name[0] == '.' && name[1] == '.');
}

bool path_is_clean(const char *path)
{
    if (path[0] != '/')
        return false;
    if (path[1] == '\0')
        return true;
    for (;;) {
        size_t len = strcspn(++path, "/");

        if (component_is_stray(path, len))
            return false;
        path += len;
        if (*path == '\0')
            return true;
    }
}

int path_rank(char byte)
{
    return byte == '/' ? 1 : byte == '\0' ? 0 : (unsigned char)byte + 1;
}

int path_compare(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return path_rank(*a) - path_rank(*b);
}

size_t path_parent_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL || path[1] == '\0')
        return 0;
    return slash == path ? 1 : (size_t)(slash - path);
}

bool path_is_within(const char *path, const char *top)
{
    size_t len = strlen(top);

    if (len == 1)
        return true;
    return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}
