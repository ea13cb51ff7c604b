/* SPDX-License-Identifier: MIT */
/* Patterns with wildcards, matched in bounded time. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the pattern match the whole text?  '*' stands for any bytes, slashes too, and '?' for any
 * one; '[abx-z]' for one of these and '[!abx-z]' or '[^abx-z]' for any other one, a ']' that comes
 * first being one of them; a backslash takes the special meaning from the byte after it.  A '['
 * that is never closed and a backslash at the end stand for themselves.  Bytes are compared, in no
 * locale.  Time grows with the product of both lengths at worst, whatever they are.
 */
bool glob_match(const char *pattern, const char *text);

/* The same for a text that ends after so many bytes. */
bool glob_match_bytes(const char *pattern, const char *text, size_t length);

/* Does it match all of a path, or a directory above: a part from the start that ends before a
 * slash? */
bool glob_match_above(const char *pattern, const char *text);

/* Is there a wildcard in it? */
bool glob_is_pattern(const char *text);

#endif
