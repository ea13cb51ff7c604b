/* SPDX-License-Identifier: MIT */
/* The attributes of a GPT entry in sfdisk's words. */
#include "part/attrs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "part/part.h"

static const struct {
    uint64_t bit;
    const char *word;
} named[] = {
    {PART_ATTR_REQUIRED, "RequiredPartition"},
    {PART_ATTR_NO_BLOCK_IO, "NoBlockIOProtocol"},
    {PART_ATTR_LEGACY_BOOTABLE, "LegacyBIOSBootable"},
};

enum { NAMED = sizeof(named) / sizeof(named[0]) };

static const char separators[] = ", \t";
static const char type_prefix[] = "GUID:";

void part_attrs_format(uint64_t attributes, char text[PART_ATTRS_BYTES])
{
    size_t used = 0;
    bool first = true;

    text[0] = '\0';
    for (unsigned i = 0; i < NAMED; i++)
        if (attributes & named[i].bit)
            used += (size_t)snprintf(text + used, PART_ATTRS_BYTES - used, "%s%s", used ? " " : "",
                                     named[i].word);
    for (unsigned i = PART_ATTR_TYPE_SPECIFIC_AT; i < 64; i++) {
        if (!(attributes >> i & 1))
            continue;
        used += (size_t)snprintf(text + used, PART_ATTRS_BYTES - used, "%s%s%u",
                                 first && used ? " " : "", first ? type_prefix : ",", i);
        first = false;
    }
}

/* The bit that a word of `length` bytes means. */
static bool parse_word(const char *word, size_t length, uint64_t *bit)
{
    unsigned long n;
    char *end;

    for (unsigned i = 0; i < NAMED; i++)
        if (strlen(named[i].word) == length && strncasecmp(word, named[i].word, length) == 0) {
            *bit = named[i].bit;
            return true;
        }
    if (strspn(word, "0123456789") < length || length > 2)
        return false;
    n = strtoul(word, &end, 10);
    *bit = UINT64_C(1) << n % 64;
    return n >= PART_ATTR_TYPE_SPECIFIC_AT && n < 64;
}

int part_attrs_parse(const char *text, uint64_t *attributes, struct fault *f)
{
    *attributes = 0;
    for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
        size_t length = strcspn(text, separators);
        const char *word = text;
        size_t word_length = length;
        char shown[128];
        uint64_t bit;

        if (length > strlen(type_prefix) &&
            strncasecmp(text, type_prefix, strlen(type_prefix)) == 0) {
            text += strlen(type_prefix);
            length -= strlen(type_prefix);
        }
        if (!parse_word(text, length, &bit)) {
            text_escape(shown, sizeof(shown), word, word_length);
            return fault_set(f, FAULT_USAGE,
                             "attrs= takes RequiredPartition, NoBlockIOProtocol, "
                             "LegacyBIOSBootable and GUID:48 to GUID:63, not '%s'",
                             shown);
        }
        *attributes |= bit;
        text += length;
    }
    return 0;
}
