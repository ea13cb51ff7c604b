/* SPDX-License-Identifier: MIT */
/* UTF-16 names made UTF-8. */
#include "base/utf16.h"

#include <stdbool.h>

#include "base/bytes.h"

enum { REPLACEMENT = 0xfffd };

static bool is_high_surrogate(uint32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(uint32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* Write one character (RFC 3629) and return where the next one goes. */
static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

static void convert(uint16_t (*unit_at)(const uint8_t *p), const uint8_t *from, size_t units,
                    char *text)
{
    for (size_t i = 0; i < units; i++) {
        uint32_t c = unit_at(from + 2 * i);
        uint32_t next = i + 1 < units ? unit_at(from + 2 * (i + 1)) : 0;

        if (c == 0)
            break;
        if (is_high_surrogate(c) && is_low_surrogate(next)) {
            c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
            i++;
        } else if (is_high_surrogate(c) || is_low_surrogate(c)) {
            c = REPLACEMENT;
        }
        text = put_utf8(text, c);
    }
    *text = '\0';
}

void utf16le_to_utf8(const uint8_t *from, size_t units, char *text)
{
    convert(le16_at, from, units, text);
}

void utf16be_to_utf8(const uint8_t *from, size_t units, char *text)
{
    convert(be16_at, from, units, text);
}
