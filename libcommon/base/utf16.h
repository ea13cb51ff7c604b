/* SPDX-License-Identifier: MIT */
/* Names in UTF-16 made UTF-8, and the reverse. */
#ifndef BASE_UTF16_H
#define BASE_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Convert up to `units` UTF-16 units, ending early at a NUL, into text, which has room for
 * UTF8_ROOM(units) bytes.  A lone surrogate becomes U+FFFD.
 */
void utf16le_to_utf8(const uint8_t *from, size_t units, char *text);
void utf16be_to_utf8(const uint8_t *from, size_t units, char *text);

#define UTF8_ROOM(units) (3 * (units) + 1)

/*
 * The reverse: little-endian units into `to`, which has room for `units` of them; those that are
 * left over become zero.  False if the text is not UTF-8 (RFC 3629) or needs more units.
 */
bool utf8_to_utf16le(const char *text, uint8_t *to, size_t units);

#endif
