/* SPDX-License-Identifier: MIT */
/* A set of paths that arrive in manifest order, held in little memory. */
#ifndef MANIFEST_NAMES_H
#define MANIFEST_NAMES_H

#include <stdbool.h>

#include "base/fault.h"

struct names;

int names_open(struct names **out, struct fault *f);

/* Add a path of at most RECORD_PATH_MAX bytes, which comes after every one that was added before.
 */
int names_add(struct names *n, const char *path, struct fault *f);

/* Exact: no hash stands for a path.  Takes time for the path's own length, however long the paths
 * are that it is looked for among. */
bool names_have(const struct names *n, const char *path);

/* NULL is allowed. */
void names_close(struct names *n);

#endif
