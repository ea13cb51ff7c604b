/* SPDX-License-Identifier: MIT */
/* Finds the base of an engram among the files of the directories where it may lie. */
#ifndef ENGRAM_BASEDIRS_H
#define ENGRAM_BASEDIRS_H

#include <stddef.h>

#include "engram/base.h"
#include "io/confine.h"

/* Where bases may lie.  The first three are borrowed and set by the caller; the rest starts as
 * zero. */
struct basedirs {
    const char *path;        /* of the engram, whose directory is one; NULL: it has none */
    const char *const *dirs; /* further ones */
    size_t dir_count;
    struct confine *confine; /* private: NULL until the first base */
};

/* Names of one directory that are looked through for a base that was renamed. */
enum { BASEDIRS_NAMES_MAX = 1 << 16 };

/*
 * A base_finder's find; the context is a struct basedirs.  In each directory the file of the base's
 * name is looked at; if none of them is the base, each *.engram there in byte order of the names.
 * Files are opened as io/confine.h allows.  What has the name but is not allowed is a fault; what
 * has it but is another engram is what is found, if no other file is the base.
 */
int basedirs_find(void *context, const struct baseref *wanted, struct source **out,
                  struct fault *f);

void basedirs_close(struct basedirs *b);

#endif
