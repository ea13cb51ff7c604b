/* SPDX-License-Identifier: MIT */
/* Which name stands for a file whose first name is left out. */
#ifndef ENGRAM_RELINK_H
#define ENGRAM_RELINK_H

#include "base/fault.h"

/* Starts all zero.  Memory: both names and about 100 bytes for each. */
struct relink {
    void *root; /* private */
};

/* The name that was put for the file which had this first name, or NULL.  Borrowed. */
const char *relink_get(const struct relink *r, const char *first);

/* From now on `instead` is the file's name.  Both are copied; there is none for `first` so far. */
int relink_put(struct relink *r, const char *first, const char *instead, struct fault *f);

void relink_free(struct relink *r);

#endif
