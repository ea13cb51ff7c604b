/* SPDX-License-Identifier: MIT */
/* The fields by which two entries of the same path can differ. */
#include "engram/fields.h"

#include <string.h>

static const char *const names[FIELD_COUNT] = {
    [FIELD_TYPE] = "type",   [FIELD_LINK] = "link",     [FIELD_CONTENT] = "content",
    [FIELD_SIZE] = "size",   [FIELD_EXTENT] = "extent", [FIELD_TARGET] = "target",
    [FIELD_RDEV] = "rdev",   [FIELD_MODE] = "mode",     [FIELD_UID] = "uid",
    [FIELD_GID] = "gid",     [FIELD_MTIME] = "mtime",   [FIELD_ATIME] = "atime",
    [FIELD_CTIME] = "ctime", [FIELD_CRTIME] = "crtime", [FIELD_XATTR] = "xattr",
};

const char *fields_name(enum field field)
{
    return names[field];
}

/* FIELD_COUNT if it is none. */
static enum field find(const char *name, size_t length)
{
    enum field field = FIELD_TYPE;

    while (field < FIELD_COUNT &&
           (strlen(names[field]) != length || memcmp(names[field], name, length) != 0))
        field++;
    return field;
}

bool fields_parse(const char *list, unsigned *set)
{
    for (;;) {
        size_t length = strcspn(list, ",");
        enum field field = find(list, length);

        if (field == FIELD_COUNT || field == FIELD_TYPE)
            return false;
        *set |= FIELD_BIT(field);
        if (list[length] == '\0')
            return true;
        list += length + 1;
    }
}

static unsigned bit_if(bool differs, enum field field)
{
    return differs ? FIELD_BIT(field) : 0;
}

static bool times_differ(const struct entry_time *a, const struct entry_time *b)
{
    return a->seconds != b->seconds || a->nanoseconds != b->nanoseconds;
}

/* The same of a time that either may lack. */
static unsigned differ_in_time(const struct entry *a, const struct entry *b, unsigned which,
                               const struct entry_time *x, const struct entry_time *y,
                               enum field field)
{
    bool in_a = a->times & which, in_b = b->times & which;

    return bit_if(in_a != in_b || (in_a && times_differ(x, y)), field);
}

static unsigned differ_in_times(const struct entry *a, const struct entry *b)
{
    return bit_if(times_differ(&a->mtime, &b->mtime), FIELD_MTIME) |
           differ_in_time(a, b, ENTRY_ATIME, &a->atime, &b->atime, FIELD_ATIME) |
           differ_in_time(a, b, ENTRY_CTIME, &a->ctime, &b->ctime, FIELD_CTIME) |
           differ_in_time(a, b, ENTRY_CRTIME, &a->crtime, &b->crtime, FIELD_CRTIME);
}

static bool extents_differ(const struct entry *a, const struct entry *b)
{
    if (a->extent_count != b->extent_count)
        return true;
    for (size_t i = 0; i < a->extent_count; i++)
        if (a->extents[i].offset != b->extents[i].offset ||
            a->extents[i].length != b->extents[i].length)
            return true;
    return false;
}

static unsigned differ_as_files(const struct engram_item *a, const struct engram_item *b)
{
    bool content = memcmp(a->sha256, b->sha256, SHA256_BYTES) != 0;
    bool size = a->entry.size != b->entry.size;

    return bit_if(content, FIELD_CONTENT) | bit_if(size, FIELD_SIZE) |
           bit_if(!(content && size) && extents_differ(&a->entry, &b->entry), FIELD_EXTENT);
}

static bool is_device(const struct entry *e)
{
    return e->type == ENTRY_CHAR_DEVICE || e->type == ENTRY_BLOCK_DEVICE;
}

/* What only some types have. */
static unsigned differ_in_kind(const struct engram_item *a, const struct engram_item *b)
{
    const struct entry *x = &a->entry, *y = &b->entry;
    unsigned set = bit_if(x->type != y->type, FIELD_TYPE);

    if (is_device(x) && is_device(y))
        set |= bit_if(x->rdev_major != y->rdev_major || x->rdev_minor != y->rdev_minor, FIELD_RDEV);
    if (x->type == ENTRY_SYMLINK && y->type == ENTRY_SYMLINK)
        set |= bit_if(strcmp(x->target, y->target) != 0, FIELD_TARGET);
    if (x->type == ENTRY_FILE && y->type == ENTRY_FILE)
        set |= differ_as_files(a, b);
    return set;
}

unsigned fields_differ(const struct engram_item *a, const struct engram_item *b)
{
    const struct entry *x = &a->entry, *y = &b->entry;
    const struct entry_xattr *in_a, *in_b;
    size_t i = 0, j = 0;

    return differ_in_kind(a, b) | bit_if(x->mode != y->mode, FIELD_MODE) |
           bit_if(x->uid != y->uid, FIELD_UID) | bit_if(x->gid != y->gid, FIELD_GID) |
           differ_in_times(x, y) |
           bit_if(fields_next_xattr(x, y, &i, &j, &in_a, &in_b), FIELD_XATTR);
}

static bool same_value(const struct entry_xattr *x, const struct entry_xattr *y)
{
    return x->value_len == y->value_len && memcmp(x->value, y->value, x->value_len) == 0;
}

bool fields_next_xattr(const struct entry *a, const struct entry *b, size_t *i, size_t *j,
                       const struct entry_xattr **x, const struct entry_xattr **y)
{
    while (*i < a->xattr_count || *j < b->xattr_count) {
        int order;

        *x = *i < a->xattr_count ? &a->xattrs[*i] : NULL;
        *y = *j < b->xattr_count ? &b->xattrs[*j] : NULL;
        order = !*x ? 1 : !*y ? -1 : strcmp((*x)->name, (*y)->name);
        *i += order <= 0;
        *j += order >= 0;
        if (order == 0 && same_value(*x, *y))
            continue;
        if (order < 0)
            *y = NULL;
        if (order > 0)
            *x = NULL;
        return true;
    }
    return false;
}
