/* SPDX-License-Identifier: MIT */
/* The kinds of data that are packed apart: their names, and how each may be compressed. */
#include "engram/profile.h"

#include <string.h>

#include "engram/layout.h"

_Static_assert((int)PROFILE_BLOCK_MIN >= (int)LAYOUT_CHUNK_MAX, "a block has room for any chunk");
_Static_assert((int)PROFILE_BLOCK_MAX <= (int)LAYOUT_BLOCK_MAX, "the format has room for a block");

static const char *const names[PROFILE_COUNT] = {
    [PROFILE_KERNEL] = "kernel",     [PROFILE_LIBRARIES] = "libraries",
    [PROFILE_BINARIES] = "binaries", [PROFILE_CONFIG] = "config",
    [PROFILE_RUNTIME] = "runtime",   [PROFILE_ARCHIVE] = "archive",
    [PROFILE_DATABASE] = "database", [PROFILE_MEDIA] = "media",
    [PROFILE_BALANCED] = "balanced",
};

const char *profile_name(enum profile p)
{
    return names[p];
}

bool profile_find(const char *name, size_t length, enum profile *p)
{
    for (enum profile i = 0; i < PROFILE_COUNT; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            *p = i;
            return true;
        }
    }
    return false;
}
