/* SPDX-License-Identifier: MIT */
/* Sizes as people write them. */
#include "base/size.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/checked.h"

/* What the letters stand for, from the first power on. */
static const char letters[] = "KMGTPE";

static bool parse_digits(const char **text, uint64_t *n)
{
    const char *p = *text;

    *n = 0;
    for (; isdigit((unsigned char)*p); p++)
        if (!mul_u64(*n, 10, n) || !add_u64(*n, (uint64_t)(*p - '0'), n))
            return false;
    if (p == *text)
        return false;
    *text = p;
    return true;
}

bool size_parse(const char *text, uint64_t *size, bool *has_unit)
{
    const char *letter;
    uint64_t base;

    *has_unit = false;
    if (!parse_digits(&text, size))
        return false;
    if (*text == '\0')
        return true;
    letter = strchr(letters, toupper((unsigned char)*text));
    if (!letter)
        return false;
    *has_unit = true;
    text++;
    if (*text == '\0' || strcasecmp(text, "iB") == 0)
        base = 1024;
    else if (strcasecmp(text, "B") == 0)
        base = 1000;
    else
        return false;
    for (const char *p = letters; p <= letter; p++)
        if (!mul_u64(*size, base, size))
            return false;
    return true;
}
