/* SPDX-License-Identifier: MIT */
/* Bytes that came from outside, made fit for people, for terminals and for JSON. */
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/* The length of the UTF-8 sequence (RFC 3629) at p, 0 if there is none. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    if (n == 0 || p[0] > 0xf4 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong forms, surrogates, and what lies past U+10FFFF. */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

/* C0 and DEL, or C1 (U+0080 to U+009F): a terminal acts on them. */
static bool is_control(const uint8_t *p, size_t sequence)
{
    return (sequence == 1 && (p[0] < 0x20 || p[0] == 0x7f)) ||
           (sequence == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

/* One character's printable form into out (at least 5 bytes per input byte); returns how many bytes
 * of input it was. */
static size_t escape_one(const uint8_t *p, size_t left, char *out)
{
    size_t n = utf8_length(p, left);

    if (p[0] == '\\' || p[0] == '\n' || p[0] == '\t') {
        snprintf(out, 3, "\\%c", p[0] == '\n' ? 'n' : p[0] == '\t' ? 't' : '\\');
        return 1;
    }
    if (n == 0 || is_control(p, n)) {
        snprintf(out, 5, "\\x%02x", p[0]);
        if (n == 2)
            snprintf(out + 4, 5, "\\x%02x", p[1]);
        return n ? n : 1;
    }
    memcpy(out, p, n);
    out[n] = '\0';
    return n;
}

void text_put_escaped(FILE *out, const char *bytes, size_t len)
{
    const uint8_t *p = (const uint8_t *)bytes;
    char one[16];

    for (size_t i = 0; i < len;) {
        i += escape_one(p + i, len - i, one);
        fputs(one, out);
    }
}

void text_escape(char *buffer, size_t size, const char *bytes, size_t len)
{
    static const char cut[] = "...";
    const uint8_t *p = (const uint8_t *)bytes;
    size_t used = 0;
    size_t safe = 0; /* where "..." still fits behind whole characters */
    char one[16];

    buffer[0] = '\0';
    for (size_t i = 0; i < len;) {
        i += escape_one(p + i, len - i, one);
        if (used + strlen(one) >= size) {
            if (safe + sizeof(cut) <= size)
                memcpy(buffer + safe, cut, sizeof(cut));
            return;
        }
        memcpy(buffer + used, one, strlen(one) + 1);
        used += strlen(one);
        if (used + sizeof(cut) <= size)
            safe = used;
    }
}

static void put_json_one(FILE *out, const uint8_t *p, size_t n)
{
    if (n == 0)
        fprintf(out, "\\udc%02x", p[0]);
    else if (p[0] == '"' || p[0] == '\\')
        fprintf(out, "\\%c", p[0]);
    else if (is_control(p, n))
        fprintf(out, "\\u%04x", n == 1 ? p[0] : p[1]);
    else
        fwrite(p, 1, n, out);
}

const char *text_shown(char buffer[TEXT_SHOWN_BYTES], const char *text)
{
    text_escape(buffer, TEXT_SHOWN_BYTES, text, strlen(text));
    return buffer;
}

void text_put_json(FILE *out, const char *bytes, size_t len)
{
    const uint8_t *p = (const uint8_t *)bytes;

    fputc('"', out);
    for (size_t i = 0; i < len;) {
        size_t n = utf8_length(p + i, len - i);

        put_json_one(out, p + i, n);
        i += n ? n : 1;
    }
    fputc('"', out);
}

int text_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void text_size(char buffer[8], uint64_t bytes)
{
    static const char units[] = "BKMGTPE";
    unsigned unit = 0;
    uint64_t whole, rest, tenths;

    if (bytes < 1024) {
        snprintf(buffer, 8, "%uB", (unsigned)bytes);
        return;
    }
    while (bytes >> (10 * unit) >= 1024)
        unit++;
    whole = bytes >> (10 * unit);
    rest = bytes & ((UINT64_C(1) << (10 * unit)) - 1); /* below 2^60: ten times it fits */
    tenths =
        whole * 10 + (rest * 10 + (UINT64_C(1) << (10 * unit)) - 1) / (UINT64_C(1) << 10 * unit);
    whole += rest != 0;
    if (whole == 1024) { /* rounded up into the next unit */
        unit++;
        tenths = 10;
    }
    if (tenths < 100)
        snprintf(buffer, 8, "%u.%u%c", (unsigned)(tenths / 10), (unsigned)(tenths % 10),
                 units[unit]);
    else
        snprintf(buffer, 8, "%u%c", (unsigned)whole, units[unit]);
}
