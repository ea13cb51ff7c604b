/* SPDX-License-Identifier: MIT */
/* Partition types by the words that people write for them. */
#include "part/type_word.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "base/text.h"
#include "part/types.h"

/* Longer words than any of ours are compared as far as this. */
enum { WORD_BYTES = 64 };

/* sfdisk's letters and words (X is the extended partition that only Linux knows), and of the MBR's
 * many kinds of FAT the one that is made today. */
static const struct {
    const char *word;
    const char *gpt, *mbr;
} meanings[] = {
    {"L", "linux", "83"},  {"S", "swap", "82"},  {"E", NULL, "5"},        {"X", NULL, "85"},
    {"U", "esp", "ef"},    {"H", "home", NULL},  {"R", "raid", "fd"},     {"V", "lvm", "8e"},
    {"uefi", "esp", "ef"}, {"efi", "esp", "ef"}, {"linuxex", NULL, "85"}, {"fat", NULL, "c"},
};

static const char *meaning_of(enum part_kind kind, const char *word)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (strcmp(meanings[i].word, word) == 0)
            return kind == PART_GPT ? meanings[i].gpt : meanings[i].mbr;
    return NULL;
}

/* "root-x86-64" for a type with the alias "root" and the name "Linux root (x86-64)"; "" where a
 * name has nothing in brackets. */
static void long_alias(const struct gpt_type *t, char text[WORD_BYTES])
{
    const char *open = t->alias ? strchr(t->name, '(') : NULL;

    text[0] = '\0';
    if (!open)
        return;
    snprintf(text, WORD_BYTES, "%s-%.*s", t->alias, (int)strcspn(open + 1, ")"), open + 1);
    for (char *p = text; *p; p++)
        *p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '-';
}

/* Only a word that starts as a long alias does is worth making one for. */
static bool has_long_alias(const struct gpt_type *t, const char *word)
{
    size_t length = t->alias ? strlen(t->alias) : 0;
    char text[WORD_BYTES];

    if (length == 0 || strncasecmp(word, t->alias, length) != 0 || word[length] != '-')
        return false;
    long_alias(t, text);
    return strcasecmp(text, word) == 0;
}

/* ---- words that no type is called: which ones are close? ---- */

/* How many letters must be put in, left out or replaced to make one word of the other, case aside.
 */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_BYTES + 1];
    size_t n = strnlen(b, WORD_BYTES);

    for (size_t j = 0; j <= n; j++)
        row[j] = (unsigned)j;
    for (size_t i = 0; a[i] && i < WORD_BYTES; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < n; j++) {
            bool differ = tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]);
            unsigned best = diagonal + differ;

            diagonal = row[j + 1];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[j + 1] = best;
        }
    }
    return row[n];
}

/* The closest words so far, the closest first. */
enum { CLOSE_MAX = 3 };
struct close {
    char words[CLOSE_MAX][WORD_BYTES];
    unsigned distances[CLOSE_MAX];
    size_t count;
};

static void consider(struct close *c, const char *word, const char *candidate)
{
    unsigned d;
    size_t at = c->count;

    if (!candidate || !*candidate)
        return;
    d = strcasestr(candidate, word) ? 1 : distance(word, candidate);
    if (d > 1 + strlen(word) / 4)
        return;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->words[i], candidate) == 0)
            return;
    while (at > 0 && d < c->distances[at - 1])
        at--;
    if (at == CLOSE_MAX)
        return;
    c->count = min_u64(c->count + 1, CLOSE_MAX);
    for (size_t i = c->count - 1; i > at; i--) {
        memcpy(c->words[i], c->words[i - 1], WORD_BYTES);
        c->distances[i] = c->distances[i - 1];
    }
    snprintf(c->words[at], WORD_BYTES, "%s", candidate);
    c->distances[at] = d;
}

static int refuse_unknown(enum part_kind kind, const char *word, struct fault *f)
{
    struct close c = {.count = 0};
    char list[CLOSE_MAX * (WORD_BYTES + 4)] = "";
    char shown[128];

    text_escape(shown, sizeof(shown), word, strlen(word));
    for (size_t i = 0; kind == PART_GPT && i < gpt_type_count; i++) {
        char text[WORD_BYTES];

        long_alias(&gpt_types[i], text);
        consider(&c, word, gpt_types[i].alias);
        consider(&c, word, text);
        consider(&c, word, gpt_types[i].name);
    }
    for (size_t i = 0; kind == PART_MBR && i < mbr_type_count; i++) {
        consider(&c, word, mbr_types[i].alias);
        consider(&c, word, mbr_types[i].name);
    }
    for (size_t i = 0; i < c.count; i++)
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s'%s'", i ? ", " : "",
                 c.words[i]);
    if (c.count > 0)
        return fault_set(f, FAULT_USAGE, "no partition type of %s is called '%s'; close: %s",
                         kind == PART_GPT ? "GPT" : "MBR", shown, list);
    if (kind == PART_GPT)
        return fault_set(
            f, FAULT_USAGE,
            "no partition type of GPT is called '%s': give a GUID, the type's name, or "
            "one of linux, root-x86-64, usr-x86-64 (and so on), home, srv, var, tmp, "
            "user-home, swap, esp, xbootldr, bios, prep, lvm, raid, luks, msdata, "
            "msr, recovery",
            shown);
    return fault_set(f, FAULT_USAGE,
                     "no partition type of MBR is called '%s': give a byte in hexadecimal, the "
                     "type's name, or one of linux, swap, esp, xbootldr, prep, lvm, raid, luks, "
                     "msdata, recovery, fat, extended",
                     shown);
}

/* ---- the tables ---- */

static int refuse_ambiguous(const char *word, struct fault *f)
{
    char list[800] = "";

    for (size_t i = 0; i < gpt_type_count; i++) {
        size_t used = strlen(list);
        char text[WORD_BYTES];

        long_alias(&gpt_types[i], text);
        if (gpt_type_is_called(&gpt_types[i], word))
            snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", text);
    }
    return fault_set(f, FAULT_USAGE, "type '%s' is that of several architectures: give one of %s",
                     word, list);
}

static int parse_gpt(const char *word, struct guid *guid, struct fault *f)
{
    const struct gpt_type *found = NULL;
    size_t n = 0;

    if (guid_parse(word, guid)) {
        if (guid_is_zero(guid))
            return fault_set(f, FAULT_USAGE, "a type of zeros marks an entry that is not used");
        return 0;
    }
    for (size_t i = 0; i < gpt_type_count; i++)
        if (gpt_type_is_called(&gpt_types[i], word) || has_long_alias(&gpt_types[i], word)) {
            found = &gpt_types[i];
            n++;
        }
    if (n == 0)
        return refuse_unknown(PART_GPT, word, f);
    if (n > 1)
        return refuse_ambiguous(word, f);
    guid_parse(found->guid, guid);
    return 0;
}

static bool parse_byte(const char *word, uint8_t *byte)
{
    char *end;
    unsigned long n;

    if (strncasecmp(word, "0x", 2) == 0)
        word += 2;
    if (strlen(word) > 2 || !isxdigit((unsigned char)*word))
        return false;
    n = strtoul(word, &end, 16);
    *byte = (uint8_t)n;
    return *end == '\0';
}

/* Of the extended types, which share an alias, the first is the usual one. */
static int parse_mbr(const char *word, uint8_t *byte, struct fault *f)
{
    if (parse_byte(word, byte)) {
        if (*byte == 0)
            return fault_set(f, FAULT_USAGE, "type 0 marks an entry that is not used");
        return 0;
    }
    for (size_t i = 0; i < mbr_type_count; i++)
        if (mbr_type_is_called(&mbr_types[i], word)) {
            *byte = mbr_types[i].byte;
            return 0;
        }
    return refuse_unknown(PART_MBR, word, f);
}

int part_type_parse(enum part_kind kind, const char *word, struct part_type *type, struct fault *f)
{
    const char *meant = meaning_of(kind, word);

    *type = (struct part_type){0};
    if (*word == '\0')
        return fault_set(f, FAULT_USAGE, "type= is empty");
    if (!meant)
        meant = word;
    return kind == PART_GPT ? parse_gpt(meant, &type->guid, f) : parse_mbr(meant, &type->byte, f);
}
