/* SPDX-License-Identifier: MIT */
/* The scripts of sfdisk: headers, then a line for each partition. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "base/size.h"
#include "base/text.h"
#include "part/fields.h"
#include "part/plan.h"

/* More than any table has room for. */
enum { NUMBER_MAX = 99999 };

/* ---- headers ---- */

static int refuse_header(const char *name, const char *value, const char *takes, struct fault *f)
{
    char shown[128];

    text_escape(shown, sizeof(shown), value, strlen(value));
    return fault_set(f, FAULT_DAMAGED, "%s: takes %s, not '%s'", name, takes, shown);
}

static int set_label(struct part_plan *p, const char *value, struct fault *f)
{
    if (strcmp(value, "gpt") == 0)
        p->kind = PART_GPT;
    else if (strcmp(value, "dos") == 0 || strcmp(value, "mbr") == 0)
        p->kind = PART_MBR;
    else
        return refuse_header("label", value, "gpt or dos", f);
    return 0;
}

/* A GUID, or an MBR's signature in hexadecimal; the label may come after it. */
static int set_label_id(struct part_plan *p, const char *value, struct fault *f)
{
    char *end = NULL;
    unsigned long id;

    p->has_id = true;
    if (p->kind == PART_GPT)
        return guid_parse(value, &p->disk_guid) ? 0 : refuse_header("label-id", value, "a GUID", f);
    if (strncasecmp(value, "0x", 2) != 0 || !isxdigit((unsigned char)value[2]) ||
        strlen(value) > strlen("0x12345678"))
        return refuse_header("label-id", value, "0x and 8 digits", f);
    id = strtoul(value, &end, 16);
    if (*end)
        return refuse_header("label-id", value, "0x and 8 digits", f);
    p->disk_signature = (uint32_t)id;
    return 0;
}

static int set_sector_size(struct part_plan *p, const char *value, struct fault *f)
{
    if (strcmp(value, "512") == 0)
        p->sector_size = 512;
    else if (strcmp(value, "4096") == 0)
        p->sector_size = 4096;
    else
        return refuse_header("sector-size", value, "512 or 4096", f);
    return 0;
}

static int set_number(const char *name, const char *value, uint64_t max, uint64_t *n,
                      struct fault *f)
{
    bool has_unit;

    if (size_parse(value, n, &has_unit) && !has_unit && *n > 0 && *n <= max)
        return 0;
    return refuse_header(name, value, "a number", f);
}

static int set_grain(struct part_plan *p, const char *value, struct fault *f)
{
    bool has_unit;

    if (size_parse(value, &p->grain, &has_unit) && is_power_of_2(p->grain) &&
        p->grain >= p->sector_size && p->grain < UINT64_C(1) << 40)
        return 0;
    return refuse_header("grain", value, "a power of two of bytes from the sector size on", f);
}

static int set_table_length(struct part_plan *p, const char *value, struct fault *f)
{
    uint64_t n;

    if (set_number("table-length", value, PART_ENTRIES_MAX, &n, f) < 0)
        return f->code;
    p->entry_room = (uint32_t)n;
    return 0;
}

/* What is known of a script while it is read. */
struct script {
    struct part_plan *plan;
    unsigned line;
    const char *label_id; /* NULL: none */
    unsigned label_id_line;
    bool is_empty;
};

static int set_header(struct script *s, const char *name, const char *value, struct fault *f)
{
    struct part_plan *p = s->plan;
    char shown[128];

    if (strcmp(name, "label") == 0)
        return set_label(p, value, f);
    if (strcmp(name, "label-id") == 0) {
        s->label_id = value;
        s->label_id_line = s->line;
        return 0;
    }
    if (strcmp(name, "sector-size") == 0)
        return set_sector_size(p, value, f);
    if (strcmp(name, "grain") == 0)
        return set_grain(p, value, f);
    if (strcmp(name, "first-lba") == 0)
        return set_number(name, value, PART_ANY - 1, &p->first_lba, f);
    if (strcmp(name, "last-lba") == 0)
        return set_number(name, value, PART_ANY - 1, &p->last_lba, f);
    if (strcmp(name, "table-length") == 0)
        return set_table_length(p, value, f);
    if (strcmp(name, "unit") == 0)
        return strcmp(value, "sectors") == 0 ? 0 : refuse_header(name, value, "sectors", f);
    /* What the disk was called has no bearing on the one that is made. */
    if (strcmp(name, "device") == 0)
        return 0;
    text_escape(shown, sizeof(shown), name, strlen(name));
    return fault_set(f, FAULT_DAMAGED, "no header '%s:' is known", shown);
}

/* ---- lines ---- */

/* Without names, the fields are these, and their order is fixed. */
static int set_positional(const struct part_plan *p, unsigned position, const char *value,
                          struct part_wish *wish, struct fault *f)
{
    static const char *const keys[] = {"start", "size", "type"};

    if (position < 3)
        return *value ? part_wish_set(p, keys[position], value, wish, f) : 0;
    if (position > 3 || (strcmp(value, "*") != 0 && strcmp(value, "-") != 0 && *value))
        return fault_set(f, FAULT_USAGE,
                         "fields without names are start, size, type, and * if it is bootable");
    wish->bootable = strcmp(value, "*") == 0;
    return 0;
}

static int parse_positional(const struct part_plan *p, char *text, struct part_wish *wish,
                            struct fault *f)
{
    unsigned position = 0;
    char *key, *value;
    bool bad;
    int code = 0;

    while (code == 0 && part_field_next(&text, &key, &value, &bad, f))
        code = set_positional(p, position++, value, wish, f);
    return bad ? f->code : code;
}

/* What stands before the colon ends with the partition's number, as in "disk.raw5" or "sda5". */
static int set_number_of_node(const char *node, struct part_wish *wish, struct fault *f)
{
    size_t length = strlen(node);
    unsigned long n;

    while (length > 0 && isdigit((unsigned char)node[length - 1]))
        length--;
    n = strtoul(node + length, NULL, 10);
    if (n == 0 || n > NUMBER_MAX)
        return fault_set(f, FAULT_USAGE, "no partition's number stands before ':'");
    wish->number = (unsigned)n;
    return 0;
}

static int add_line(struct part_plan *p, char *line, struct fault *f)
{
    size_t name = strcspn(line, "=\":");
    struct part_wish *wish;

    if (part_plan_add(p, &wish, f) < 0)
        return f->code;
    if (line[name] == ':') {
        line[name] = '\0';
        for (size_t end = name; end > 0 && isspace((unsigned char)line[end - 1]); end--)
            line[end - 1] = '\0';
        if (set_number_of_node(line, wish, f) < 0)
            return f->code;
        line += name + 1;
    }
    line += strspn(line, " \t");
    if (strchr(line, '=') || strcasecmp(line, "bootable") == 0)
        return part_wish_parse(p, line, wish, f);
    return parse_positional(p, line, wish, f);
}

/* A header has a colon and a value, but no field. */
static bool is_header(const char *line)
{
    const char *colon = strchr(line, ':');

    return colon && colon > line && colon[1 + strspn(colon + 1, " \t")] && !strchr(line, '=');
}

static int take_line(struct script *s, char *line, struct fault *f)
{
    struct part_plan *p = s->plan;
    char *end = line + strlen(line);

    while (end > line && isspace((unsigned char)end[-1]))
        *--end = '\0';
    line += strspn(line, " \t");
    if (*line == '\0' || *line == '#')
        return 0;
    s->is_empty = false;
    if (is_header(line)) {
        char *colon = strchr(line, ':');

        *colon = '\0';
        if (p->count > 0)
            return fault_set(f, FAULT_DAMAGED, "the header '%s:' stands after a partition", line);
        return set_header(s, line, colon + 1 + strspn(colon + 1, " \t"), f);
    }
    if (p->count == PART_ENTRIES_MAX)
        return fault_set(f, FAULT_DAMAGED, "more than %d partitions", PART_ENTRIES_MAX);
    return add_line(p, line, f);
}

int part_plan_read_script(struct part_plan *p, const char *script, size_t length, struct fault *f)
{
    char *copy;
    struct script s = {.plan = p, .is_empty = true};
    char *rest;
    int code = 0;

    if (memchr(script, '\0', length))
        return fault_set(f, FAULT_DAMAGED, "is no script of sfdisk: it has a NUL byte");
    copy = strndup(script, length);
    if (!copy)
        return fault_memory(f, "a script", length + 1);
    rest = copy;
    while (code == 0 && rest) {
        char *start = strsep(&rest, "\n");

        s.line++;
        code = take_line(&s, start, f);
    }
    if (code == 0 && s.label_id) {
        s.line = s.label_id_line;
        code = set_label_id(p, s.label_id, f);
    }
    free(copy);
    if (code == 0 && s.is_empty)
        return fault_set(f, FAULT_DAMAGED, "is no script of sfdisk: it is empty");
    if (code == FAULT_SYSTEM || code == 0)
        return code;
    f->code = FAULT_DAMAGED;
    return fault_prefix(f, "line %u", s.line);
}
