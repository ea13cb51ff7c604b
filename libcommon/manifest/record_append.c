/* SPDX-License-Identifier: MIT */
/* An entry spelled as a record of manifest(5). */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/record.h"
#include "manifest/writer.h"

/* Make room for len more bytes; doubles. */
static int make_room(struct record_text *text, size_t len, struct fault *f)
{
    size_t wanted = text->room < 512 ? 512 : text->room;
    char *bigger;

    if (len <= text->room - text->length)
        return 0;
    while (wanted - text->length < len)
        wanted *= 2;
    bigger = realloc(text->bytes, wanted);
    if (bigger == NULL)
        return fault_memory(f, "a record", wanted);
    text->bytes = bigger;
    text->room = wanted;
    return 0;
}

/* One field of numbers, with the NUL that ends it: at most 128 bytes. */
static int add_numbers(struct record_text *text, struct fault *f, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int add_numbers(struct record_text *text, struct fault *f, const char *fmt, ...)
{
    va_list args;
    int rc = make_room(text, 128, f);

    if (rc < 0)
        return rc;
    va_start(args, fmt);
    text->length += (size_t)vsnprintf(text->bytes + text->length, 128, fmt, args) + 1;
    va_end(args);
    return 0;
}

static int add_bytes(struct record_text *text, const char *bytes, size_t len, struct fault *f)
{
    int rc = make_room(text, len, f);

    if (rc == 0) {
        memcpy(text->bytes + text->length, bytes, len);
        text->length += len;
    }
    return rc;
}

/* key (which ends with '=') and a string, with its NUL. */
static int add_string(struct record_text *text, const char *key, const char *value, struct fault *f)
{
    int rc = add_bytes(text, key, strlen(key), f);

    return rc < 0 ? rc : add_bytes(text, value, strlen(value) + 1, f);
}

static int add_xattr(struct record_text *text, const struct entry_xattr *x, struct fault *f)
{
    static const char digits[] = "0123456789abcdef";
    int rc;
    char *to;

    if (x->value_len > RECORD_BYTES_MAX / 2) /* its digits alone are too many */
        return fault_set(f, FAULT_UNSUPPORTED, "an attribute of %zu bytes does not fit a record",
                         x->value_len);
    if ((rc = add_bytes(text, "xattr=", 6, f)) < 0 ||
        (rc = add_bytes(text, x->name, strlen(x->name), f)) < 0 ||
        (rc = make_room(text, x->value_len * 2 + 2, f)) < 0)
        return rc;
    to = text->bytes + text->length;
    *to++ = '=';
    for (size_t i = 0; i < x->value_len; i++) {
        *to++ = digits[x->value[i] >> 4];
        *to++ = digits[x->value[i] & 15];
    }
    *to = '\0';
    text->length += x->value_len * 2 + 2;
    return 0;
}

static int add_time(struct record_text *text, const char *key, const struct entry_time *t,
                    struct fault *f)
{
    return add_numbers(text, f, "%s=%" PRId64 ".%09" PRIu32, key, t->seconds, t->nanoseconds);
}

static int add_times(struct record_text *text, const struct entry *e, struct fault *f)
{
    int rc = add_time(text, "mtime", &e->mtime, f);

    if (rc == 0 && e->times & ENTRY_ATIME)
        rc = add_time(text, "atime", &e->atime, f);
    if (rc == 0 && e->times & ENTRY_CTIME)
        rc = add_time(text, "ctime", &e->ctime, f);
    if (rc == 0 && e->times & ENTRY_CRTIME)
        rc = add_time(text, "crtime", &e->crtime, f);
    return rc;
}

/* The field that only this type has. */
static int add_own_field(struct record_text *text, const struct entry *e, struct fault *f)
{
    switch (e->type) {
    case ENTRY_CHAR_DEVICE:
    case ENTRY_BLOCK_DEVICE:
        return add_numbers(text, f, "rdev=%" PRIu32 ":%" PRIu32, e->rdev_major, e->rdev_minor);
    case ENTRY_SYMLINK:
        return add_string(text, "target=", e->target, f);
    case ENTRY_FILE:
        return add_numbers(text, f, "size=%" PRIu64, e->size);
    default:
        return 0;
    }
}

/* The record that starts there must not become longer than any may be. */
static int check_room(const struct record_text *text, size_t start, struct fault *f)
{
    if (text->length - start <= RECORD_BYTES_MAX)
        return 0;
    return fault_set(f, FAULT_UNSUPPORTED, "its record would be longer than %d bytes",
                     RECORD_BYTES_MAX);
}

/* Everything after `type=`, of an entry that is no hard link.  Looked at as it grows: there may be
 * more extents than a record, or memory, holds. */
static int add_inode(struct record_text *text, size_t start, const struct entry *e, struct fault *f)
{
    int rc;

    if ((rc = add_numbers(text, f, "mode=%" PRIo32, e->mode)) < 0 ||
        (rc = add_numbers(text, f, "uid=%" PRIu32, e->uid)) < 0 ||
        (rc = add_numbers(text, f, "gid=%" PRIu32, e->gid)) < 0 ||
        (rc = add_times(text, e, f)) < 0 || (rc = add_own_field(text, e, f)) < 0)
        return rc;
    for (size_t i = 0; i < e->xattr_count; i++) {
        if ((rc = add_xattr(text, &e->xattrs[i], f)) < 0 || (rc = check_room(text, start, f)) < 0)
            return rc;
    }
    for (size_t i = 0; i < e->extent_count; i++) {
        if ((rc = add_numbers(text, f, "extent=%" PRIu64 "+%" PRIu64, e->extents[i].offset,
                              e->extents[i].length)) < 0 ||
            (rc = check_room(text, start, f)) < 0)
            return rc;
    }
    return 0;
}

int record_append(struct record_text *text, const struct entry *e, struct fault *f)
{
    size_t start = text->length;
    int rc = record_check_lengths(e, FAULT_UNSUPPORTED, f);

    if (rc < 0 || (rc = record_check(e, f)) < 0 ||
        (rc = add_string(text, "path=", e->path, f)) < 0 ||
        (rc = add_numbers(text, f, "type=%c", (int)e->type)) < 0)
        goto fail;
    rc = e->type == ENTRY_HARD_LINK ? add_string(text, "link=", e->link, f)
                                    : add_inode(text, start, e, f);
    if (rc == 0 && (rc = add_bytes(text, "", 1, f)) == 0 && (rc = check_room(text, start, f)) == 0)
        return 0;
fail:
    text->length = start;
    return rc;
}

void record_free(struct record_text *text)
{
    free(text->bytes);
    *text = (struct record_text){0};
}
