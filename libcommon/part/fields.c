/* SPDX-License-Identifier: MIT */
/* The fields of sfdisk's scripts, one after the other. */
#include "part/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "base/size.h"
#include "base/text.h"
#include "base/utf16.h"
#include "part/attrs.h"
#include "part/gpt_format.h"

/* ---- the text ---- */

/* \xHH at text: its byte.  A NUL could not be kept. */
static bool take_escape(const char *text, char *byte)
{
    int high = text[1] == 'x' ? text_hex_digit(text[2]) : -1;
    int low = high < 0 ? -1 : text_hex_digit(text[3]);

    *byte = (char)(high * 16 + low);
    return low >= 0 && *byte != '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_separator(char c)
{
    return c == ',' || c == ';';
}

/* Copy a value onto itself without its quotes; *end is where it ended, *stop where the copy did. */
static int unquote(char *value, char **end, char **stop, struct fault *f)
{
    char *from = value, *to = value;
    bool quoted = false;

    for (; *from && (quoted || !(is_separator(*from) || is_blank(*from))); from++) {
        if (*from == '"') {
            quoted = !quoted;
        } else if (quoted && *from == '\\') {
            if (!take_escape(from, to++))
                return fault_set(f, FAULT_USAGE, "'\\' in quotes is for \\xHH, not '%.2s'", from);
            from += 3;
        } else {
            *to++ = *from;
        }
    }
    if (quoted)
        return fault_set(f, FAULT_USAGE, "quotes do not end");
    *stop = to;
    *end = from;
    return 0;
}

/* A value's text starts after its `=`, if it has one with a key before it. */
static char *take_key(char *field, char **key)
{
    char *key_end = field + strcspn(field, "=\",; \t");
    char *equals = key_end + strspn(key_end, " \t");

    *key = NULL;
    if (*equals != '=' || key_end == field)
        return field;
    *key_end = '\0';
    *key = field;
    return equals + 1 + strspn(equals + 1, " \t");
}

bool part_field_next(char **text, char **key, char **value, bool *bad, struct fault *f)
{
    char *field = *text;
    char *end = field, *stop = field;
    char *next;

    *bad = false;
    if (!field)
        return false;
    field += strspn(field, " \t");
    *value = take_key(field, key);
    *bad = unquote(*value, &end, &stop, f) < 0;
    if (*bad)
        return false;
    next = end + strspn(end, " \t");
    if (is_separator(*next))
        *text = next + 1;
    else
        *text = *next ? next : NULL;
    *stop = '\0'; /* where the separator may have stood */
    return true;
}

/* ---- what the fields mean ---- */

/* Sectors, or bytes with a unit: they are rounded up. */
static int set_sectors(const struct part_plan *p, const char *key, const char *value,
                       uint64_t *sectors, struct fault *f)
{
    char shown[128];
    bool has_unit;

    if (strcmp(value, "+") == 0 || strcmp(value, "-") == 0) {
        *sectors = PART_ANY;
        return 0;
    }
    text_escape(shown, sizeof(shown), value, strlen(value));
    if (!size_parse(value, sectors, &has_unit) || *sectors == PART_ANY)
        return fault_set(f, FAULT_USAGE,
                         "%s= takes sectors, or a size such as 512M or 10GiB, not '%s'", key,
                         shown);
    if (has_unit)
        *sectors = div_round_up(*sectors, p->sector_size);
    if (*sectors == 0)
        return fault_set(f, FAULT_USAGE, "%s= takes more than 0, not '%s'", key, shown);
    return 0;
}

static int set_uuid(const char *value, struct part_wish *wish, struct fault *f)
{
    char shown[128];

    wish->has_uuid = true;
    if (guid_parse(value, &wish->uuid) && !guid_is_zero(&wish->uuid))
        return 0;
    text_escape(shown, sizeof(shown), value, strlen(value));
    return fault_set(f, FAULT_USAGE, "uuid= takes a UUID, not '%s'", shown);
}

static int set_name(const char *value, struct part_wish *wish, struct fault *f)
{
    uint8_t units[2 * GPT_PARTITION_NAME_UNITS];
    char shown[256];

    if (utf8_to_utf16le(value, units, GPT_PARTITION_NAME_UNITS)) {
        strcpy(wish->name, value);
        return 0;
    }
    text_escape(shown, sizeof(shown), value, strlen(value));
    return fault_set(f, FAULT_USAGE, "name= takes UTF-8 of at most %d UTF-16 units, not '%s'",
                     GPT_PARTITION_NAME_UNITS, shown);
}

/* What only one kind of table has must not vanish in the other. */
static int refuse_other_kind(const struct part_plan *p, const char *key, struct fault *f)
{
    return fault_set(f, FAULT_USAGE, "%s is not for %s", key, p->kind == PART_GPT ? "GPT" : "MBR");
}

static int refuse_unknown(const char *key, struct fault *f)
{
    char shown[128];

    text_escape(shown, sizeof(shown), key, strlen(key));
    return fault_set(f, FAULT_USAGE,
                     "no field '%s': there are start=, size=, type=, uuid=, name=, attrs= and "
                     "bootable",
                     shown);
}

int part_wish_set(const struct part_plan *p, const char *key, const char *value,
                  struct part_wish *wish, struct fault *f)
{
    bool gpt = p->kind == PART_GPT;

    if (strcasecmp(key, "start") == 0)
        return set_sectors(p, key, value, &wish->start, f);
    if (strcasecmp(key, "size") == 0)
        return set_sectors(p, key, value, &wish->size, f);
    if (strcasecmp(key, "type") == 0 || strcasecmp(key, "Id") == 0) {
        wish->has_type = true;
        return part_type_parse(p->kind, value, &wish->type, f);
    }
    if (strcasecmp(key, "uuid") == 0)
        return gpt ? set_uuid(value, wish, f) : refuse_other_kind(p, "uuid=", f);
    if (strcasecmp(key, "name") == 0)
        return gpt ? set_name(value, wish, f) : refuse_other_kind(p, "name=", f);
    if (strcasecmp(key, "attrs") == 0)
        return gpt ? part_attrs_parse(value, &wish->attributes, f)
                   : refuse_other_kind(p, "attrs=", f);
    if (strcasecmp(key, "bootable") == 0)
        return fault_set(f, FAULT_USAGE, "bootable takes no value");
    return refuse_unknown(key, f);
}

int part_wish_parse(const struct part_plan *p, const char *fields, struct part_wish *wish,
                    struct fault *f)
{
    char *copy = strdup(fields);
    char *rest = copy;
    char *key, *value;
    int code = 0;
    bool bad = false;

    if (!copy)
        return fault_memory(f, "a partition's fields", strlen(fields) + 1);
    while (code == 0 && part_field_next(&rest, &key, &value, &bad, f)) {
        if (key)
            code = part_wish_set(p, key, value, wish, f);
        else if (strcasecmp(value, "bootable") == 0)
            wish->bootable = true;
        else if (*value != '\0')
            code = refuse_unknown(value, f);
    }
    free(copy);
    return bad ? f->code : code;
}
