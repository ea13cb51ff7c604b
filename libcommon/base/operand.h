/* SPDX-License-Identifier: MIT */
/* Names in a file tree, and patterns of them, as people type them on a command line. */
#ifndef BASE_OPERAND_H
#define BASE_OPERAND_H

#include <stdbool.h>

#include "base/fault.h"

/* A path as its names say, from the root: with a slash in front and without `.`, `..` and slashes
 * that stand for nothing.  Links are not looked at.  The caller frees *out. */
int operand_path(const char *path, char **out, struct fault *f);

/* A pattern of base/glob.h without `./` in front and slashes at its end; FAULT_USAGE if nothing is
 * left.  The caller frees *out. */
int operand_glob(const char *glob, char **out, struct fault *f);

/* Does such a pattern match this path, which starts from the root?  One with a slash in it is for
 * the whole path, whose first slash it may leave out; another for the last name, so that a path is
 * looked at once, however deep it is. */
bool operand_matches(const char *glob, const char *path);

/* The same for this path or any directory that it lies in. */
bool operand_holds(const char *glob, const char *path);

#endif
