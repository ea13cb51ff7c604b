/* SPDX-License-Identifier: MIT */
/* UTF-16 names made UTF-8. */
#ifndef BASE_UTF16_H
#define BASE_UTF16_H

#include <stddef.h>
#include <stdint.h>

/*
 * Convert up to `units` UTF-16 units, ending early at a NUL, into text, which has room for
 * UTF8_ROOM(units) bytes.  A lone surrogate becomes U+FFFD.
 */
void utf16le_to_utf8(const uint8_t *from, size_t units, char *text);
void utf16be_to_utf8(const uint8_t *from, size_t units, char *text);

#define UTF8_ROOM(units) (3 * (units) + 1)

#endif
