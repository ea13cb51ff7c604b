/* SPDX-License-Identifier: MIT */
/* Entries printed: a long line for people, a JSON object for programs. */
#include "manifest/show.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

static char type_letter(enum entry_type type)
{
    return type == ENTRY_FILE ? '-' : (char)type;
}

/* One of the three groups: rwx, with what setuid, setgid or sticky make of the x. */
static void put_permissions(FILE *out, uint32_t bits, bool special, char with_x, char without_x)
{
    fputc(bits & 4 ? 'r' : '-', out);
    fputc(bits & 2 ? 'w' : '-', out);
    if (special)
        fputc(bits & 1 ? with_x : without_x, out);
    else
        fputc(bits & 1 ? 'x' : '-', out);
}

static void put_mode(FILE *out, enum entry_type type, uint32_t mode, bool has_xattrs)
{
    fputc(type_letter(type), out);
    put_permissions(out, mode >> 6 & 7, mode & 04000, 's', 'S');
    put_permissions(out, mode >> 3 & 7, mode & 02000, 's', 'S');
    put_permissions(out, mode & 7, mode & 01000, 't', 'T');
    fputc(has_xattrs ? '+' : ' ', out);
}

static void put_size(FILE *out, const struct entry *e)
{
    char device[32];

    if (e->type == ENTRY_CHAR_DEVICE || e->type == ENTRY_BLOCK_DEVICE) {
        snprintf(device, sizeof(device), "%" PRIu32 ",%" PRIu32, e->rdev_major, e->rdev_minor);
        fprintf(out, " %12s", device);
    } else if (e->type == ENTRY_SYMLINK) {
        fprintf(out, " %12zu", strlen(e->target));
    } else {
        fprintf(out, " %12" PRIu64, e->type == ENTRY_FILE ? e->size : 0);
    }
}

static void put_date(FILE *out, const struct entry_time *t)
{
    time_t seconds = t->seconds;
    struct tm tm;
    char text[64];

    if (gmtime_r(&seconds, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
        fputs(text, out);
    else /* past what a calendar holds */
        fprintf(out, "@%" PRId64, t->seconds);
}

void show_time(FILE *out, const struct entry_time *t)
{
    put_date(out, t);
    if (t->nanoseconds > 0)
        fprintf(out, ".%09" PRIu32, t->nanoseconds);
}

static void put_path(FILE *out, const char *before, const char *path)
{
    fputs(before, out);
    text_put_escaped(out, path, strlen(path));
}

void show_long(FILE *out, const struct entry *e, const struct entry *inode)
{
    put_mode(out, e->type, inode->mode, inode->xattr_count > 0);
    fprintf(out, " %5" PRIu32 " %5" PRIu32, inode->uid, inode->gid);
    put_size(out, inode);
    fputc(' ', out);
    put_date(out, &inode->mtime);
    put_path(out, " ", e->path);
    if (e->type == ENTRY_SYMLINK)
        put_path(out, " -> ", e->target);
    if (e->type == ENTRY_HARD_LINK)
        put_path(out, " link to ", e->link);
}

static void put_json_string(FILE *out, const char *key, const char *value)
{
    fprintf(out, ", \"%s\": ", key);
    text_put_json(out, value, strlen(value));
}

void show_json_time(FILE *out, const struct entry_time *t)
{
    fprintf(out, "\"%" PRId64 ".%09" PRIu32 "\"", t->seconds, t->nanoseconds);
}

static void put_json_time(FILE *out, const char *key, const struct entry_time *t)
{
    fprintf(out, ", \"%s\": ", key);
    show_json_time(out, t);
}

static void put_json_times(FILE *out, const struct entry *e)
{
    put_json_time(out, "mtime", &e->mtime);
    if (e->times & ENTRY_ATIME)
        put_json_time(out, "atime", &e->atime);
    if (e->times & ENTRY_CTIME)
        put_json_time(out, "ctime", &e->ctime);
    if (e->times & ENTRY_CRTIME)
        put_json_time(out, "crtime", &e->crtime);
}

void show_json_xattr(FILE *out, const struct entry_xattr *x)
{
    text_put_json(out, x->name, strlen(x->name));
    fputs(": \"", out);
    for (size_t i = 0; i < x->value_len; i++)
        fprintf(out, "%02x", x->value[i]);
    fputc('"', out);
}

static void put_json_xattrs(FILE *out, const struct entry *e)
{
    if (e->xattr_count == 0)
        return;
    fputs(", \"xattr\": {", out);
    for (size_t i = 0; i < e->xattr_count; i++) {
        fputs(i > 0 ? ", " : "", out);
        show_json_xattr(out, &e->xattrs[i]);
    }
    fputc('}', out);
}

/* The fields that only some types have. */
static void put_json_own_fields(FILE *out, const struct entry *e)
{
    if (e->type == ENTRY_CHAR_DEVICE || e->type == ENTRY_BLOCK_DEVICE)
        fprintf(out, ", \"rdev\": \"%" PRIu32 ":%" PRIu32 "\"", e->rdev_major, e->rdev_minor);
    if (e->type == ENTRY_SYMLINK)
        put_json_string(out, "target", e->target);
    if (e->type == ENTRY_FILE)
        fprintf(out, ", \"size\": %" PRIu64 ", \"data\": %" PRIu64, e->size, entry_data_bytes(e));
}

void show_json(FILE *out, const struct entry *e, const char *sha256)
{
    fputs("{\"path\": ", out);
    text_put_json(out, e->path, strlen(e->path));
    fprintf(out, ", \"type\": \"%c\"", (int)e->type);
    if (e->type == ENTRY_HARD_LINK) {
        put_json_string(out, "link", e->link);
    } else {
        fprintf(out, ", \"mode\": \"%" PRIo32 "\", \"uid\": %" PRIu32 ", \"gid\": %" PRIu32,
                e->mode, e->uid, e->gid);
        put_json_times(out, e);
        put_json_own_fields(out, e);
        put_json_xattrs(out, e);
    }
    if (sha256 != NULL)
        put_json_string(out, "sha256", sha256);
    fputc('}', out);
}
