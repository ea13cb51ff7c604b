/* SPDX-License-Identifier: MIT */
/* The kinds of data that are packed apart, and the rules that say which path is of which kind. */
#ifndef ENGRAM_PROFILE_H
#define ENGRAM_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Profiles by their numbers in engram(5). */
enum profile {
    PROFILE_KERNEL,
    PROFILE_LIBRARIES,
    PROFILE_BINARIES,
    PROFILE_CONFIG,
    PROFILE_RUNTIME,
    PROFILE_ARCHIVE,
    PROFILE_DATABASE,
    PROFILE_MEDIA,
    PROFILE_BALANCED,
    PROFILE_COUNT,
};

const char *profile_name(enum profile p);

/* How the data of one profile is compressed. */
struct profile_settings {
    int level;             /* of zstd, or FRAME_STORE */
    uint32_t block_bytes;  /* a block is closed before it grows past this; a chunk's maximum to
                              LAYOUT_BLOCK_MAX, a power of two */
    uint32_t window_bytes; /* how far back a match may reach; a power of two, block_bytes at most */
    bool long_matches; /* look for matches in all of the window (zstd's long-distance matching) */
};

/* Which profile a path has, and each profile's settings.  Immutable; any thread. */
struct rules;

/* A built-in set: "fast", "balanced" or "max"; NULL if there is none of that name. */
const struct rules *rules_builtin(const char *name);

/* The profile of the first rule that matches the path; PROFILE_BALANCED if none does. */
enum profile rules_profile(const struct rules *r, const char *path);

const struct profile_settings *rules_settings(const struct rules *r, enum profile p);

#endif
