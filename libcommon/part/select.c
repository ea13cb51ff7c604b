/* SPDX-License-Identifier: MIT */
/* Selectors: the words by which people name one partition. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "part/part.h"
#include "part/types.h"

enum selector_kind {
    BY_NUMBER,
    BY_LABEL,
    BY_UUID,
    BY_TYPE_GUID,
    BY_TYPE_BYTE,
    BY_TYPE_WORD,
    LARGEST
};

/* A selector that was understood. */
struct selector {
    enum selector_kind kind;
    unsigned long number; /* of the partition, or the type byte */
    struct guid type;
    const char *word; /* label, UUID or type word: part of the caller's text */
};

/* A whole number in base 10 or 16 and nothing else. */
static bool parse_number(const char *text, int base, unsigned long max, unsigned long *n)
{
    const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
    size_t len = strlen(text);

    if (len == 0 || len > 9 || strspn(text, digits) != len)
        return false;
    *n = strtoul(text, NULL, base);
    return *n <= max;
}

/* What follows the prefix, or NULL. */
static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static int parse_type(const char *word, struct selector *s, struct fault *f)
{
    char shown[128];

    s->word = word;
    if (strncasecmp(word, "0x", 2) == 0 && parse_number(word + 2, 16, 0xff, &s->number)) {
        s->kind = BY_TYPE_BYTE;
    } else if (guid_parse(word, &s->type)) {
        s->kind = BY_TYPE_GUID;
    } else if (type_word_is_known(word)) {
        s->kind = BY_TYPE_WORD;
    } else {
        text_escape(shown, sizeof(shown), word, strlen(word));
        return fault_set(f, FAULT_USAGE,
                         "'%s' is no partition type: give a GUID, 0xNN, the type's name, or one "
                         "of " PART_TYPE_ALIASES,
                         shown);
    }
    return 0;
}

static int parse_selector(const char *text, struct selector *s, struct fault *f)
{
    const char *word;
    char shown[128];

    *s = (struct selector){0};
    if (strcmp(text, "largest") == 0) {
        s->kind = LARGEST;
    } else if (parse_number(text, 10, 999999999, &s->number)) {
        s->kind = BY_NUMBER;
    } else if ((word = after(text, "label="))) {
        s->kind = BY_LABEL;
        s->word = word;
    } else if ((word = after(text, "uuid="))) {
        s->kind = BY_UUID;
        s->word = word;
    } else if ((word = after(text, "type="))) {
        return parse_type(word, s, f);
    } else {
        text_escape(shown, sizeof(shown), text, strlen(text));
        return fault_set(f, FAULT_USAGE,
                         "'%s' selects no partition: give a number, label=NAME, uuid=UUID, "
                         "type=TYPE or largest",
                         shown);
    }
    return 0;
}

static bool has_type_word(const struct part_table *t, const struct part_entry *e, const char *word)
{
    const struct gpt_type *gpt;
    const struct mbr_type *mbr;

    if (t->kind == PART_GPT) {
        gpt = gpt_type_find(&e->type_guid);
        return gpt && gpt_type_is_called(gpt, word);
    }
    mbr = mbr_type_find(e->type_byte);
    return mbr && mbr_type_is_called(mbr, word);
}

static uint64_t largest_length(const struct part_table *t)
{
    uint64_t largest = 0;

    for (size_t i = 0; i < t->count; i++)
        if (!t->entries[i].extended && t->entries[i].length > largest)
            largest = t->entries[i].length;
    return largest;
}

static bool matches(const struct part_table *t, const struct part_entry *e,
                    const struct selector *s, uint64_t largest)
{
    char uuid[PART_ID_BYTES];

    switch (s->kind) {
    case BY_NUMBER:
        return e->number == s->number;
    case BY_LABEL:
        return t->kind == PART_GPT && strcmp(e->name, s->word) == 0;
    case BY_UUID:
        part_format_uuid(t, e, uuid);
        return strcasecmp(uuid, s->word) == 0;
    case BY_TYPE_GUID:
        return t->kind == PART_GPT && guid_equal(&e->type_guid, &s->type);
    case BY_TYPE_BYTE:
        return t->kind == PART_MBR && e->type_byte == s->number;
    case BY_TYPE_WORD:
        return has_type_word(t, e, s->word);
    default:
        return !e->extended && e->length == largest;
    }
}

/* Append "2 (Linux filesystem, 8.0M, "root")" to a text, as far as it fits. */
static void append_candidate(const struct part_table *t, const struct part_entry *e, char *text,
                             size_t size)
{
    const char *type_name = part_type_name(t, e);
    size_t used = strlen(text);
    char type[PART_ID_BYTES];
    char name[4 * PART_NAME_BYTES];
    char length[8];

    part_format_type(t, e, type);
    text_size(length, e->length);
    text_escape(name, sizeof(name), e->name, strlen(e->name));
    snprintf(text + used, size - used, "%s%u (%s, %s%s%s%s)", used ? ", " : "", e->number,
             type_name ? type_name : type, length, e->name[0] ? ", \"" : "", name,
             e->name[0] ? "\"" : "");
}

/* Describe the partitions that match, or all of them if s is NULL. */
static void list_candidates(const struct part_table *t, const struct selector *s, uint64_t largest,
                            char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < t->count && strlen(text) + 1 < size; i++)
        if (!s || matches(t, &t->entries[i], s, largest))
            append_candidate(t, &t->entries[i], text, size);
    if (strlen(text) + 1 >= size)
        memcpy(text + size - sizeof("..."), "...", sizeof("..."));
}

void part_list(const struct part_table *t, char *text, size_t size)
{
    list_candidates(t, NULL, 0, text, size);
}

static int refuse(const struct part_table *t, const struct selector *s, const char *selector,
                  size_t found, struct fault *f)
{
    char shown[128];
    char list[800];

    text_escape(shown, sizeof(shown), selector, strlen(selector));
    list_candidates(t, found ? s : NULL, largest_length(t), list, sizeof(list));
    if (t->count == 0)
        return fault_set(f, FAULT_USAGE, "no partition '%s': the table is empty", shown);
    if (found == 0)
        return fault_set(f, t->is_cut ? FAULT_DAMAGED : FAULT_USAGE,
                         "no partition '%s'; there are: %s", shown, list);
    return fault_set(f, FAULT_USAGE, "'%s' means %zu partitions: %s", shown, found, list);
}

int part_selector_check(const char *selector, struct fault *f)
{
    struct selector s;

    return parse_selector(selector, &s, f);
}

/* The bytes of one that overlaps another, say, are well defined; of others not all are there. */
static int check_whole(const struct part_entry *e, struct fault *f)
{
    if (e->defects & PART_REVERSED)
        return fault_set(f, FAULT_DAMAGED,
                         "partition %u has no bytes: its last sector %" PRIu64
                         " lies before its first %" PRIu64,
                         e->number, e->last_lba, e->first_lba);
    if (e->defects & PART_PAST_END)
        return fault_set(f, FAULT_DAMAGED,
                         "partition %u (sectors %" PRIu64 " to %" PRIu64
                         ") is not whole: the disk ends before it does",
                         e->number, e->first_lba, e->last_lba);
    return 0;
}

int part_select(const struct part_table *t, const char *selector, const struct part_entry **out,
                struct fault *f)
{
    uint64_t largest = largest_length(t);
    struct selector s;
    size_t found = 0;

    if (parse_selector(selector, &s, f) < 0)
        return f->code;
    for (size_t i = 0; i < t->count; i++)
        if (matches(t, &t->entries[i], &s, largest)) {
            *out = &t->entries[i];
            found++;
        }
    return found == 1 ? check_whole(*out, f) : refuse(t, &s, selector, found, f);
}
