/* SPDX-License-Identifier: MIT */
/* GUIDs in the byte order of EFI (UEFI 2.10, appendix A): the first three fields little-endian. */
#include "part/guid.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

/* Which byte on disk each pair of digits stands for. */
static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

/* A dash stands before these pairs of digits. */
static bool dash_before(unsigned pair)
{
    return pair == 4 || pair == 6 || pair == 8 || pair == 10;
}

void guid_format(const struct guid *g, char text[GUID_TEXT_BYTES])
{
    for (unsigned i = 0; i < 16; i++) {
        if (dash_before(i))
            *text++ = '-';
        snprintf(text, 3, "%02X", g->bytes[order[i]]);
        text += 2;
    }
}

bool guid_parse(const char *text, struct guid *g)
{
    for (unsigned i = 0; i < 16; i++) {
        int high, low;

        if (dash_before(i) && *text++ != '-')
            return false;
        high = text_hex_digit(text[0]);
        low = high < 0 ? -1 : text_hex_digit(text[1]);
        if (low < 0)
            return false;
        g->bytes[order[i]] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return *text == '\0';
}

bool guid_equal(const struct guid *a, const struct guid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool guid_is_zero(const struct guid *g)
{
    return bytes_are_zero(g->bytes, sizeof(g->bytes));
}
