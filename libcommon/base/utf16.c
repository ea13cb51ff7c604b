/* SPDX-License-Identifier: MIT */
/* Names in UTF-16 made UTF-8, and the reverse. */
#include "base/utf16.h"

#include <string.h>

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

/* How many bytes follow the first one of a character; 4 after one that starts none. */
static unsigned continuation_bytes(uint8_t first)
{
    if (first < 0x80)
        return 0;
    if (first < 0xc0 || first >= 0xf8)
        return 4;
    return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

/* Take one character from the text; false if there is none that RFC 3629 allows. */
static bool take_utf8(const uint8_t **text, uint32_t *c)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const uint8_t *p = *text;
    unsigned more = continuation_bytes(*p);

    if (more > 3)
        return false;
    *c = more == 0 ? *p : *p & (0x3fu >> more);
    p++;
    for (unsigned i = 0; i < more; i++, p++) {
        if ((*p & 0xc0) != 0x80) /* nor is the text's end */
            return false;
        *c = *c << 6 | (*p & 0x3f);
    }
    *text = p;
    return *c >= smallest[more] && *c <= 0x10ffff && !is_high_surrogate(*c) &&
           !is_low_surrogate(*c);
}

bool utf8_to_utf16le(const char *text, uint8_t *to, size_t units)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t n = 0;
    uint32_t c;

    memset(to, 0, 2 * units);
    while (*p) {
        if (!take_utf8(&p, &c) || n + 1 + (c >= 0x10000) > units)
            return false;
        if (c >= 0x10000) {
            put_le16(to + 2 * n++, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        put_le16(to + 2 * n++, (uint16_t)c);
    }
    return true;
}
