/* SPDX-License-Identifier: MIT */
/* A record of manifest(5) read back: only what record_append would write is accepted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/reader.h"
#include "manifest/record.h"

/* The fields still to come.  Each ends with a NUL, and the last is followed by an empty one, so
 * that what is at `at` is always a string. */
struct fields {
    const char *at;
    struct fault *f;
};

/* True, with its value, if the next field has this key. */
static bool next_is(const struct fields *r, const char *key, const char **value)
{
    size_t len = strlen(key);

    if (strncmp(r->at, key, len) != 0 || r->at[len] != '=')
        return false;
    *value = r->at + len + 1;
    return true;
}

static void take(struct fields *r)
{
    r->at += strlen(r->at) + 1;
}

/* The next field is not what it should be: say so, with as much of it as fits. */
static int refuse(const struct fields *r, const char *should)
{
    char shown[256];

    if (*r->at == '\0')
        return fault_set(r->f, FAULT_DAMAGED, "the record ends where %s should be", should);
    text_escape(shown, sizeof(shown), r->at, strlen(r->at));
    return fault_set(r->f, FAULT_DAMAGED, "\"%s\" is not %s", shown, should);
}

/* A decimal number without needless zeros, at most max; *at moves behind it. */
static bool parse_number(const char **at, uint64_t max, uint64_t *out)
{
    const char *p = *at;
    uint64_t n = 0;

    if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        unsigned digit = (unsigned)(*p - '0');

        if (n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *at = p;
    *out = n;
    return true;
}

/* A number of 32 bits that fills the text up to `end`. */
static bool parse_u32(const char **at, char end, uint32_t *out)
{
    uint64_t n;

    if (!parse_number(at, UINT32_MAX, &n) || **at != end)
        return false;
    *out = (uint32_t)n;
    return true;
}

static int read_u32(struct fields *r, const char *key, const char *should, uint32_t *out)
{
    const char *value;

    if (!next_is(r, key, &value) || !parse_u32(&value, '\0', out))
        return refuse(r, should);
    take(r);
    return 0;
}

static int read_string(struct fields *r, const char *key, const char *should, char **out)
{
    const char *value;

    if (!next_is(r, key, &value))
        return refuse(r, should);
    *out = strdup(value);
    if (*out == NULL)
        return fault_memory(r->f, key, strlen(value) + 1);
    take(r);
    return 0;
}

static int read_type(struct fields *r, enum entry_type *out)
{
    const char *value;

    if (!next_is(r, "type", &value) || value[0] == '\0' || value[1] != '\0' ||
        strchr(RECORD_TYPES, value[0]) == NULL)
        return refuse(r, "type= and one letter of " RECORD_TYPES);
    *out = (enum entry_type)value[0];
    take(r);
    return 0;
}

static int read_mode(struct fields *r, uint32_t *out)
{
    const char *p;
    uint32_t mode = 0;

    if (!next_is(r, "mode", &p) || *p == '\0' || (*p == '0' && p[1] != '\0'))
        return refuse(r, "mode= and an octal number up to 7777");
    for (; *p >= '0' && *p <= '7' && mode <= RECORD_MODE_MAX; p++)
        mode = mode * 8 + (uint32_t)(*p - '0');
    if (*p != '\0' || mode > RECORD_MODE_MAX)
        return refuse(r, "mode= and an octal number up to 7777");
    *out = mode;
    take(r);
    return 0;
}

/* SECONDS.NNNNNNNNN: the seconds rounded down, so that the nanoseconds count up from them. */
static bool parse_time(const char *p, struct entry_time *out)
{
    bool negative = *p == '-';
    uint64_t seconds, nanoseconds;
    const char *fraction;

    p += negative;
    if (!parse_number(&p, (uint64_t)INT64_MAX + negative, &seconds) || *p++ != '.')
        return false;
    if (negative && seconds == 0)
        return false;
    fraction = p;
    while (*p == '0' && p - fraction < 8) /* here zeros in front are needed */
        p++;
    if (!parse_number(&p, NANOSECONDS_PER_SECOND - 1, &nanoseconds) || *p != '\0' ||
        p - fraction != 9)
        return false;
    out->seconds = negative ? -(int64_t)(seconds - 1) - 1 : (int64_t)seconds;
    out->nanoseconds = (uint32_t)nanoseconds;
    return true;
}

/* A time that may be missing (bit not 0), or must be there (bit 0). */
static int read_time(struct fields *r, const char *key, unsigned bit, struct entry *e,
                     struct entry_time *out)
{
    const char *value;
    bool found = next_is(r, key, &value);

    if (!found && bit != 0)
        return 0;
    if (!found || !parse_time(value, out)) {
        char should[64];

        snprintf(should, sizeof(should), "%s=SECONDS.NNNNNNNNN", key);
        return refuse(r, should);
    }
    e->times |= bit;
    take(r);
    return 0;
}

static int read_rdev(struct fields *r, struct entry *e)
{
    const char *value;

    if (!next_is(r, "rdev", &value) || !parse_u32(&value, ':', &e->rdev_major))
        return refuse(r, "rdev=MAJOR:MINOR");
    value++;
    if (!parse_u32(&value, '\0', &e->rdev_minor))
        return refuse(r, "rdev=MAJOR:MINOR");
    take(r);
    return 0;
}

static int read_size(struct fields *r, uint64_t *out)
{
    const char *value;

    if (!next_is(r, "size", &value) || !parse_number(&value, RECORD_SIZE_MAX, out) ||
        *value != '\0')
        return refuse(r, "size= and a decimal number up to 9223372036854775807");
    take(r);
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two lower-case digits a byte; out has room for half as many bytes as there are digits. */
static bool parse_hex(const char *digits, size_t count, uint8_t *out)
{
    if (count % 2 != 0)
        return false;
    for (size_t i = 0; i < count; i += 2) {
        int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int read_xattr(struct fields *r, const char *value, struct entry *e)
{
    const char *hex = strrchr(value, '=');
    size_t name_len = hex != NULL ? (size_t)(hex - value) : 0, digits;
    uint8_t *bytes = NULL;
    char *name;
    int rc;

    if (name_len == 0)
        return refuse(r, "xattr=NAME=HEX");
    digits = strlen(++hex);
    name = strndup(value, name_len);
    bytes = malloc(digits / 2 + 1);
    if (name == NULL || bytes == NULL)
        rc = fault_memory(r->f, "an attribute", name_len + digits / 2);
    else if (!parse_hex(hex, digits, bytes))
        rc = refuse(r, "xattr=NAME=HEX");
    else
        rc = entry_add_xattr(e, name, bytes, digits / 2, r->f);
    free(name);
    free(bytes);
    return rc;
}

static int read_xattrs(struct fields *r, struct entry *e)
{
    const char *value;
    int rc;

    for (; next_is(r, "xattr", &value); take(r)) {
        if ((rc = read_xattr(r, value, e)) < 0)
            return rc;
    }
    return 0;
}

static int read_extents(struct fields *r, struct entry *e)
{
    const char *value;
    uint64_t offset, length, end = 0;
    int rc;

    for (; next_is(r, "extent", &value); take(r)) {
        if (!parse_number(&value, RECORD_SIZE_MAX, &offset) || *value++ != '+' ||
            !parse_number(&value, RECORD_SIZE_MAX, &length) || *value != '\0')
            return refuse(r, "extent=OFFSET+LENGTH");
        if (length == 0)
            return refuse(r, "a run of at least one byte");
        if (e->extent_count > 0 && offset <= end)
            return refuse(r, "after the extent before it, with a hole between");
        if ((rc = entry_add_extent(e, offset, length, r->f)) < 0)
            return rc;
        end = offset + length;
    }
    return 0;
}

/* The field that only this type has, and what only files have. */
static int read_own_fields(struct fields *r, struct entry *e)
{
    int rc;

    switch (e->type) {
    case ENTRY_CHAR_DEVICE:
    case ENTRY_BLOCK_DEVICE:
        rc = read_rdev(r, e);
        break;
    case ENTRY_SYMLINK:
        rc = read_string(r, "target", "target= and what the link says", &e->target);
        break;
    case ENTRY_FILE:
        rc = read_size(r, &e->size);
        break;
    default:
        rc = 0;
    }
    if (rc == 0)
        rc = read_xattrs(r, e);
    if (rc == 0 && e->type == ENTRY_FILE)
        rc = read_extents(r, e);
    return rc;
}

static int read_inode(struct fields *r, struct entry *e)
{
    int rc;

    if ((rc = read_mode(r, &e->mode)) < 0 ||
        (rc = read_u32(r, "uid", "uid= and a decimal number up to 4294967295", &e->uid)) < 0 ||
        (rc = read_u32(r, "gid", "gid= and a decimal number up to 4294967295", &e->gid)) < 0 ||
        (rc = read_time(r, "mtime", 0, e, &e->mtime)) < 0 ||
        (rc = read_time(r, "atime", ENTRY_ATIME, e, &e->atime)) < 0 ||
        (rc = read_time(r, "ctime", ENTRY_CTIME, e, &e->ctime)) < 0 ||
        (rc = read_time(r, "crtime", ENTRY_CRTIME, e, &e->crtime)) < 0)
        return rc;
    return read_own_fields(r, e);
}

int record_parse(const char *text, size_t length, struct entry *e, struct fault *f)
{
    struct fields r = {.at = text, .f = f};
    int rc;

    entry_reset(e);
    if (length == 0 || text[length - 1] != '\0' || (length > 1 && text[length - 2] != '\0'))
        return fault_set(f, FAULT_DAMAGED, "the record does not end with an empty field");
    if ((rc = read_string(&r, "path", "path=", &e->path)) < 0 || (rc = read_type(&r, &e->type)) < 0)
        return rc;
    if (e->type == ENTRY_HARD_LINK)
        rc = read_string(&r, "link", "link= and the file's first name", &e->link);
    else
        rc = read_inode(&r, e);
    if (rc < 0)
        return rc;
    if (*r.at != '\0')
        return refuse(&r, "a field that may come here");
    if (r.at != text + length - 1)
        return fault_set(f, FAULT_DAMAGED, "%zu bytes follow the end of the record",
                         (size_t)(text + length - 1 - r.at));
    rc = record_check_lengths(e, FAULT_DAMAGED, f);
    return rc < 0 ? rc : record_check(e, f);
}
