/* SPDX-License-Identifier: MIT */
/* Paths as manifests have them: absolute, clean, and in the order of a depth-first walk. */
#ifndef MANIFEST_PATH_H
#define MANIFEST_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* True for "/" and for "/a/b": absolute, no empty, "." or ".." component, no slash at the end. */
bool path_is_clean(const char *path);

/* Where a byte of a path stands among the others: the end (NUL) first, then the slash, then all as
 * they are. */
int path_rank(char byte);

/* Depth-first order, children in byte order of their names: <0, 0, >0 like strcmp.  The slash
 * sorts before every other byte, so that a directory's content follows it at once. */
int path_compare(const char *a, const char *b);

/* The length of the parent's path: "/a/b" -> 2 ("/a"), "/a" -> 1 ("/"), "/" -> 0. */
size_t path_parent_length(const char *path);

/* True if path is `top` or lies below it. */
bool path_is_within(const char *path, const char *top);

#endif
