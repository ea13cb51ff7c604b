/* SPDX-License-Identifier: MIT */
/* Partition tables as sfdisk prints them: as JSON, and as a script. */
#include "part/show.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "part/attrs.h"

/* sfdisk tells the room in a GPT where it is not this. */
enum { USUAL_ENTRIES = 128 };

/* As Linux names partitions: a `p` between where the disk's name ends with a digit. */
static const char *node_infix(const char *device)
{
    size_t length = strlen(device);

    return length > 0 && isdigit((unsigned char)device[length - 1]) ? "p" : "";
}

static const char *label_of(const struct part_table *t)
{
    return t->kind == PART_GPT ? "gpt" : "dos";
}

/* As sfdisk counts: none in one that ends before it starts. */
static uint64_t sectors_of(const struct part_entry *e)
{
    return e->defects & PART_REVERSED ? 0 : e->last_lba - e->first_lba + 1;
}

/* ---- JSON: the keys of sfdisk --json, in its order, then ours ---- */

static void put_string(FILE *out, const char *indent, const char *key, const char *value)
{
    fprintf(out, ",\n%s\"%s\": ", indent, key);
    text_put_json(out, value, strlen(value));
}

static void put_defects(FILE *out, const char *indent, unsigned defects)
{
    const char *before = "";
    const char *word;

    fprintf(out, ",\n%s\"defects\": [", indent);
    for (unsigned bit = 0; (word = part_defect_word(bit)); bit++) {
        if (!(defects >> bit & 1))
            continue;
        fprintf(out, "%s\"%s\"", before, word);
        before = ", ";
    }
    fputc(']', out);
}

/* What the partition holds; what is not known has no key. */
static void put_holding(FILE *out, const char *indent, const struct part_holding *h)
{
    if (h->fstype)
        put_string(out, indent, "fstype", h->fstype);
    if (h->fslabel && h->fslabel[0] != '\0')
        put_string(out, indent, "fslabel", h->fslabel);
    if (h->fsuuid && h->fsuuid[0] != '\0')
        put_string(out, indent, "fsuuid", h->fsuuid);
}

static void put_entry(FILE *out, const struct part_table *t, const struct part_entry *e,
                      const struct part_holding *h, const char *device)
{
    static const char indent[] = "            ";
    const char *type_name = part_type_name(t, e);
    char text[PART_ATTRS_BYTES];
    char node[8192];

    snprintf(node, sizeof(node), "%s%s%u", device, node_infix(device), e->number);
    fprintf(out, "%s\"node\": ", indent);
    text_put_json(out, node, strlen(node));
    fprintf(out, ",\n%s\"start\": %" PRIu64 ",\n%s\"size\": %" PRIu64, indent, e->first_lba, indent,
            sectors_of(e));
    part_format_type(t, e, text);
    put_string(out, indent, "type", text);
    if (t->kind == PART_GPT) {
        part_format_uuid(t, e, text);
        put_string(out, indent, "uuid", text);
    }
    if (e->name[0] != '\0')
        put_string(out, indent, "name", e->name);
    part_attrs_format(e->attributes, text);
    if (text[0] != '\0')
        put_string(out, indent, "attrs", text);
    if (e->bootable)
        fprintf(out, ",\n%s\"bootable\": true", indent);
    fprintf(out, ",\n%s\"number\": %u", indent, e->number);
    if (type_name)
        put_string(out, indent, "typename", type_name);
    if (h)
        put_holding(out, indent, h);
    if (e->defects)
        put_defects(out, indent, e->defects);
}

void part_show_json(FILE *out, const struct part_table *t, const struct part_holding *holdings,
                    const char *device)
{
    static const char indent[] = "      ";
    char id[PART_ID_BYTES];

    part_format_id(t, id);
    fprintf(out, "{\n   \"partitiontable\": {\n%s\"label\": \"%s\"", indent, label_of(t));
    put_string(out, indent, "id", id);
    put_string(out, indent, "device", device);
    put_string(out, indent, "unit", "sectors");
    if (t->kind == PART_GPT)
        fprintf(out, ",\n%s\"firstlba\": %" PRIu64 ",\n%s\"lastlba\": %" PRIu64, indent,
                t->first_usable_lba, indent, t->last_usable_lba);
    if (t->kind == PART_GPT && t->entry_room != USUAL_ENTRIES)
        fprintf(out, ",\n%s\"table-length\": \"%" PRIu32 "\"", indent, t->entry_room);
    fprintf(out, ",\n%s\"sectorsize\": %" PRIu32 ",\n%s\"partitions\": [", indent, t->sector_size,
            indent);
    for (size_t i = 0; i < t->count; i++) {
        fputs(i ? ",{\n" : "\n         {\n", out);
        put_entry(out, t, &t->entries[i], holdings ? &holdings[i] : NULL, device);
        fputs("\n         }", out);
    }
    fprintf(out, "%s]\n   }\n}\n", t->count ? "\n      " : "");
}

/* ---- a script ---- */

/* As sfdisk quotes: without what a shell would obey, and without what is no printable ASCII. */
static void put_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (strchr("\"\\`$", c) || !isprint(c))
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

/* What the disk is called has no meaning in a script; a line break would have. */
static void put_device(FILE *out, const char *device)
{
    for (; *device; device++)
        fputc(iscntrl((unsigned char)*device) ? '?' : *device, out);
}

static void put_script_line(FILE *out, const struct part_table *t, const struct part_entry *e,
                            const char *device)
{
    char text[PART_ATTRS_BYTES];

    part_format_type(t, e, text);
    put_device(out, device);
    fprintf(out, "%s%u : start=%12" PRIu64 ", size=%12" PRIu64 ", type=%s", node_infix(device),
            e->number, e->first_lba, sectors_of(e), text);
    if (t->kind == PART_GPT) {
        part_format_uuid(t, e, text);
        fprintf(out, ", uuid=%s", text);
    }
    if (e->name[0] != '\0') {
        fputs(", name=", out);
        put_quoted(out, e->name);
    }
    part_attrs_format(e->attributes, text);
    if (text[0] != '\0')
        fprintf(out, ", attrs=\"%s\"", text);
    fprintf(out, "%s\n", e->bootable ? ", bootable" : "");
}

void part_show_script(FILE *out, const struct part_table *t, const char *device)
{
    char id[PART_ID_BYTES];

    part_format_id(t, id);
    fprintf(out, "label: %s\nlabel-id: %s\ndevice: ", label_of(t), id);
    put_device(out, device);
    fputs("\nunit: sectors\n", out);
    if (t->kind == PART_GPT)
        fprintf(out, "first-lba: %" PRIu64 "\nlast-lba: %" PRIu64 "\n", t->first_usable_lba,
                t->last_usable_lba);
    if (t->kind == PART_GPT && t->entry_room != USUAL_ENTRIES)
        fprintf(out, "table-length: %" PRIu32 "\n", t->entry_room);
    fprintf(out, "sector-size: %" PRIu32 "\n%s", t->sector_size, t->count ? "\n" : "");
    for (size_t i = 0; i < t->count; i++)
        put_script_line(out, t, &t->entries[i], device);
}
