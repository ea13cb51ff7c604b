/* SPDX-License-Identifier: MIT */
/* Patterns with wildcards, matched in bounded time. */
#include "base/glob.h"

#include <string.h>

/* The ']' that closes the set which starts at `p` (its '['), or NULL. */
static const char *end_of_set(const char *p)
{
    p++;
    if (*p == '!' || *p == '^')
        p++;
    if (*p == ']')
        p++;
    while (*p != '\0' && *p != ']') {
        if (*p == '\\' && p[1] != '\0')
            p++;
        p++;
    }
    return *p == ']' ? p : NULL;
}

/* The byte at *p, a backslash before it taken away; *p then stands after it. */
static unsigned char next_byte(const char **p)
{
    if (**p == '\\' && (*p)[1] != '\0')
        (*p)++;
    return (unsigned char)*(*p)++;
}

/* Is the byte in the set from `p` (its '[') to `end` (its ']')? */
static bool in_set(const char *p, const char *end, unsigned char byte)
{
    bool found = false, inverted;

    p++;
    inverted = *p == '!' || *p == '^';
    p += inverted;
    while (p < end) {
        unsigned char low = next_byte(&p), high = low;

        if (*p == '-' && p + 1 < end) {
            p++;
            high = next_byte(&p);
        }
        found |= low <= byte && byte <= high;
    }
    return found != inverted;
}

/*
 * Does what stands at the start of the pattern, which is no '*', match the byte?  *pattern then
 * stands after it.  *unclosed is the first '[' found so far that nothing closes, or NULL: none
 * after it is closed either, and looking for their ends again and again would take the pattern's
 * length each time.
 */
static bool match_one(const char **pattern, char byte, const char **unclosed)
{
    const char *p = *pattern, *end = NULL;
    bool matched;

    if (*p == '[' && (!*unclosed || p < *unclosed)) {
        end = end_of_set(p);
        if (!end)
            *unclosed = p;
    }
    if (end) {
        matched = in_set(p, end, (unsigned char)byte);
        *pattern = end + 1;
    } else if (*p == '?') {
        matched = true;
        *pattern = p + 1;
    } else {
        matched = *p != '\0' && next_byte(pattern) == (unsigned char)byte;
    }
    return matched;
}

/* All of the text; or, with `above`, a part of it from its start that ends before a slash. */
static bool match(const char *pattern, const char *text, const char *end, bool above)
{
    const char *star = NULL;   /* just past the last '*' met */
    const char *resume = NULL; /* where the text goes on if that '*' takes one byte more */
    const char *unclosed = NULL;

    while (text < end) {
        if (above && *pattern == '\0' && *text == '/')
            return true;
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (match_one(&pattern, *text, &unclosed)) {
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool glob_match(const char *pattern, const char *text)
{
    return match(pattern, text, text + strlen(text), false);
}

bool glob_match_bytes(const char *pattern, const char *text, size_t length)
{
    return match(pattern, text, text + length, false);
}

bool glob_match_above(const char *pattern, const char *text)
{
    return match(pattern, text, text + strlen(text), true);
}

bool glob_is_pattern(const char *text)
{
    for (; *text; text++) {
        if (*text == '*' || *text == '?' || (*text == '[' && end_of_set(text)))
            return true;
        if (*text == '\\' && text[1] != '\0')
            text++;
    }
    return false;
}
