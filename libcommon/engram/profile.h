/* SPDX-License-Identifier: MIT */
/* The kinds of data that are packed apart: their names, and how each may be compressed. */
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

/* All names, for messages. */
#define PROFILE_NAMES                                                                              \
    "kernel, libraries, binaries, config, runtime, archive, database, media and balanced"

const char *profile_name(enum profile p);

/* The profile of this name, which need not end with a NUL; false if there is none. */
bool profile_find(const char *name, size_t length, enum profile *p);

/* What settings may be. */
enum {
    PROFILE_LEVEL_MIN = -7,
    PROFILE_LEVEL_MAX = 22,
    PROFILE_BLOCK_MIN = 1 << 20,
    PROFILE_BLOCK_MAX = 32 << 20,
    PROFILE_WINDOW_MIN = 64 << 10,
};

/* How the data of one profile is compressed. */
struct profile_settings {
    int level;             /* of zstd, or FRAME_STORE */
    uint32_t block_bytes;  /* a block is closed before it grows past this; a power of two */
    uint32_t window_bytes; /* how far back a match may reach; a power of two, block_bytes at most */
    bool long_matches; /* look for matches in all of the window (zstd's long-distance matching) */
};

#endif
