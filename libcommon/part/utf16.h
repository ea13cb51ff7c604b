/* SPDX-License-Identifier: MIT */
/* UTF-16 names made UTF-8. */
#ifndef PART_UTF16_H
#define PART_UTF16_H

#include <stddef.h>
#include <stdint.h>

/*
 * Convert up to `units` little-endian UTF-16 units, ending early at a NUL, into text, which has
 * room for 3 * units + 1 bytes.  A lone surrogate becomes U+FFFD.
 */
void utf16le_to_utf8(const uint8_t *from, size_t units, char *text);

#endif
