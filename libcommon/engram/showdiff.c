/* SPDX-License-Identifier: MIT */
/* Differences of two engrams as commands print them: for people, as names alone, and as JSON. */
#include "engram/showdiff.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "manifest/show.h"

/* The side that has the name, and of a changed one what it became. */
static const struct engram_version *shown(const struct engram_difference *d)
{
    return d->change == CHANGE_REMOVED ? &d->a : &d->b;
}

static const char *path_of(const struct engram_difference *d)
{
    return shown(d)->name->entry.path;
}

/* NULL if the entry has not got it. */
static const struct entry_time *time_of(const struct entry *e, enum field field)
{
    switch (field) {
    case FIELD_ATIME:
        return e->times & ENTRY_ATIME ? &e->atime : NULL;
    case FIELD_CTIME:
        return e->times & ENTRY_CTIME ? &e->ctime : NULL;
    case FIELD_CRTIME:
        return e->times & ENTRY_CRTIME ? &e->crtime : NULL;
    default:
        return &e->mtime;
    }
}

/* ---- for people ---- */

static void put_text(FILE *out, const char *text)
{
    text_put_escaped(out, text ? text : "none", text ? strlen(text) : 4);
}

/* A field that stands on a line with both its values. */
static void put_value(FILE *out, enum field field, const struct engram_version *v)
{
    const struct entry *e = &v->file->entry;
    const struct entry_time *t;

    switch (field) {
    case FIELD_TYPE:
        fputc((int)e->type, out);
        break;
    case FIELD_LINK:
        put_text(out, v->name->entry.link);
        break;
    case FIELD_SIZE:
        fprintf(out, "%" PRIu64, e->size);
        break;
    case FIELD_TARGET:
        put_text(out, e->target);
        break;
    case FIELD_RDEV:
        fprintf(out, "%" PRIu32 ":%" PRIu32, e->rdev_major, e->rdev_minor);
        break;
    case FIELD_MODE:
        fprintf(out, "%" PRIo32, e->mode);
        break;
    case FIELD_UID:
        fprintf(out, "%" PRIu32, e->uid);
        break;
    case FIELD_GID:
        fprintf(out, "%" PRIu32, e->gid);
        break;
    default:
        t = time_of(e, field);
        if (t)
            show_time(out, t);
        else
            put_text(out, NULL);
        break;
    }
}

static void put_xattrs(FILE *out, const struct entry *a, const struct entry *b)
{
    const struct entry_xattr *x, *y;
    const char *before = "";
    size_t i = 0, j = 0;

    while (fields_next_xattr(a, b, &i, &j, &x, &y)) {
        fprintf(out, "%sxattr ", before);
        put_text(out, x ? x->name : y->name);
        fputs(!x ? " added" : !y ? " removed" : " changed", out);
        before = ", ";
    }
}

static void put_field(FILE *out, enum field field, const struct engram_difference *d)
{
    if (field == FIELD_XATTR) {
        put_xattrs(out, &d->a.file->entry, &d->b.file->entry);
        return;
    }
    fputs(fields_name(field), out);
    /* Of these the values would tell nobody anything. */
    if (field == FIELD_CONTENT || field == FIELD_EXTENT)
        return;
    fputc(' ', out);
    put_value(out, field, &d->a);
    fputs(" -> ", out);
    put_value(out, field, &d->b);
}

void showdiff_line(FILE *out, const struct engram_difference *d)
{
    const char *before = ": ";

    fprintf(out, "%c ", (int)d->change);
    put_text(out, path_of(d));
    for (enum field field = 0; field < FIELD_COUNT; field++) {
        if (!(d->fields & FIELD_BIT(field)))
            continue;
        fputs(before, out);
        put_field(out, field, d);
        before = ", ";
    }
    fputc('\n', out);
}

void showdiff_name(FILE *out, const struct engram_difference *d)
{
    fputc((int)d->change, out);
    fwrite(path_of(d), 1, strlen(path_of(d)) + 1, out);
}

/* ---- JSON ---- */

static void put_json_text(FILE *out, const char *text)
{
    if (text)
        text_put_json(out, text, strlen(text));
    else
        fputs("null", out);
}

static void put_json_extents(FILE *out, const struct entry *e)
{
    fputc('[', out);
    for (size_t i = 0; i < e->extent_count; i++)
        fprintf(out, "%s\"%" PRIu64 "+%" PRIu64 "\"", i ? ", " : "", e->extents[i].offset,
                e->extents[i].length);
    fputc(']', out);
}

/* The attributes of one side that the other has not, or not so. */
static void put_json_xattrs(FILE *out, const struct engram_difference *d, bool of_a)
{
    const struct entry *a = &d->a.file->entry, *b = &d->b.file->entry;
    const struct entry_xattr *x, *y;
    const char *before = "";
    size_t i = 0, j = 0;

    fputc('{', out);
    while (fields_next_xattr(a, b, &i, &j, &x, &y)) {
        const struct entry_xattr *own = of_a ? x : y;

        if (!own)
            continue;
        fputs(before, out);
        show_json_xattr(out, own);
        before = ", ";
    }
    fputc('}', out);
}

static void put_json_content(FILE *out, const struct engram_item *file)
{
    char hex[SHA256_HEX_BYTES];

    sha256_hex(file->sha256, hex);
    put_json_text(out, hex);
}

static void put_json_value(FILE *out, enum field field, const struct engram_difference *d,
                           const struct engram_version *v)
{
    const struct entry_time *t;

    switch (field) {
    case FIELD_SIZE:
    case FIELD_UID:
    case FIELD_GID:
        put_value(out, field, v); /* numbers */
        break;
    case FIELD_TYPE:
    case FIELD_RDEV:
    case FIELD_MODE:
        fputc('"', out);
        put_value(out, field, v);
        fputc('"', out);
        break;
    case FIELD_LINK:
        put_json_text(out, v->name->entry.link);
        break;
    case FIELD_TARGET:
        put_json_text(out, v->file->entry.target);
        break;
    case FIELD_CONTENT:
        put_json_content(out, v->file);
        break;
    case FIELD_EXTENT:
        put_json_extents(out, &v->file->entry);
        break;
    case FIELD_XATTR:
        put_json_xattrs(out, d, v == &d->a);
        break;
    default:
        t = time_of(&v->file->entry, field);
        if (t)
            show_json_time(out, t);
        else
            put_json_text(out, NULL);
        break;
    }
}

static void put_json_fields(FILE *out, const struct engram_difference *d)
{
    const char *before = "";

    fputs(", \"fields\": {", out);
    for (enum field field = 0; field < FIELD_COUNT; field++) {
        if (!(d->fields & FIELD_BIT(field)))
            continue;
        fprintf(out, "%s\"%s\": {\"a\": ", before, fields_name(field));
        put_json_value(out, field, d, &d->a);
        fputs(", \"b\": ", out);
        put_json_value(out, field, d, &d->b);
        fputc('}', out);
        before = ", ";
    }
    fputc('}', out);
}

static void put_json_entry(FILE *out, const struct engram_item *item)
{
    char hex[SHA256_HEX_BYTES];
    bool is_file = item->entry.type == ENTRY_FILE;

    if (is_file)
        sha256_hex(item->sha256, hex);
    fputs(", \"entry\": ", out);
    show_json(out, &item->entry, is_file ? hex : NULL);
}

void showdiff_json(FILE *out, const struct engram_difference *d)
{
    const char *change = d->change == CHANGE_ADDED     ? "added"
                         : d->change == CHANGE_REMOVED ? "removed"
                                                       : "changed";

    fprintf(out, "{\"change\": \"%s\", \"path\": ", change);
    put_json_text(out, path_of(d));
    fprintf(out, ", \"type\": \"%c\"", (int)shown(d)->name->entry.type);
    if (d->change == CHANGE_CHANGED)
        put_json_fields(out, d);
    else
        put_json_entry(out, shown(d)->name);
    fputs("}\n", out);
}
