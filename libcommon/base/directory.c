/* SPDX-License-Identifier: MIT */
/* The directory part of a path. */
#include "base/directory.h"

#include <stddef.h>
#include <string.h>

char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}
