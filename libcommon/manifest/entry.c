/* SPDX-License-Identifier: MIT */
/* Entries: filling, copying and releasing them. */
#include "manifest/entry.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/checked.h"
#include "base/text.h"

static void free_strings(struct entry *e)
{
    free(e->path);
    free(e->link);
    free(e->target);
    entry_drop_xattrs(e);
}

void entry_reset(struct entry *e)
{
    struct entry empty = {.xattrs = e->xattrs,
                          .xattr_room = e->xattr_room,
                          .extents = e->extents,
                          .extent_room = e->extent_room};

    free_strings(e);
    *e = empty;
}

void entry_free(struct entry *e)
{
    free_strings(e);
    free(e->xattrs);
    free(e->extents);
    *e = (struct entry){0};
}

int entry_add_xattr(struct entry *e, const char *name, const void *value, size_t value_len,
                    struct fault *f)
{
    struct entry_xattr added = {.value_len = value_len};
    struct entry_xattr *xattrs =
        array_grow(e->xattrs, e->xattr_count, &e->xattr_room, sizeof(*xattrs), "attributes", f);

    if (xattrs == NULL)
        return f->code;
    e->xattrs = xattrs;
    added.name = strdup(name);
    added.value = malloc(value_len + 1); /* never malloc(0), whose NULL would read as failure */
    if (added.name == NULL || added.value == NULL) {
        free(added.name);
        free(added.value);
        return fault_memory(f, "an attribute", value_len);
    }
    if (value_len > 0)
        memcpy(added.value, value, value_len);
    e->xattrs[e->xattr_count++] = added;
    return 0;
}

int entry_add_extent(struct entry *e, uint64_t offset, uint64_t length, struct fault *f)
{
    struct entry_extent *last = e->extent_count > 0 ? &e->extents[e->extent_count - 1] : NULL;
    struct entry_extent *extents;
    uint64_t end;

    if (length == 0 || !add_u64(offset, length, &end))
        return fault_set(f, FAULT_DAMAGED, "a run of %llu bytes at offset %llu is no run",
                         (unsigned long long)length, (unsigned long long)offset);
    if (last != NULL && offset < last->offset + last->length)
        return fault_set(f, FAULT_DAMAGED,
                         "a run at offset %llu starts before the end of the one before it (%llu)",
                         (unsigned long long)offset,
                         (unsigned long long)(last->offset + last->length));
    if (last != NULL && offset == last->offset + last->length) {
        last->length += length;
        return 0;
    }
    extents =
        array_grow(e->extents, e->extent_count, &e->extent_room, sizeof(*extents), "extents", f);
    if (extents == NULL)
        return f->code;
    e->extents = extents;
    e->extents[e->extent_count++] = (struct entry_extent){.offset = offset, .length = length};
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct entry_xattr *x = a, *y = b;

    return strcmp(x->name, y->name);
}

int entry_sort_xattrs(struct entry *e, struct fault *f)
{
    char shown[256];

    if (e->xattr_count < 2)
        return 0;
    qsort(e->xattrs, e->xattr_count, sizeof(*e->xattrs), compare_names);
    for (size_t i = 1; i < e->xattr_count; i++) {
        const char *name = e->xattrs[i].name;

        if (strcmp(e->xattrs[i - 1].name, name) != 0)
            continue;
        text_escape(shown, sizeof(shown), name, strlen(name));
        return fault_set(f, FAULT_DAMAGED, "two attributes are called %s", shown);
    }
    return 0;
}

void entry_drop_xattrs(struct entry *e)
{
    for (size_t i = 0; i < e->xattr_count; i++) {
        free(e->xattrs[i].name);
        free(e->xattrs[i].value);
    }
    e->xattr_count = 0;
}

uint64_t entry_data_bytes(const struct entry *e)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < e->extent_count; i++)
        bytes += e->extents[i].length;
    return bytes;
}

/* *to becomes a copy of a string that may be NULL. */
static int copy_string(char **to, const char *from, struct fault *f)
{
    if (from == NULL)
        return 0;
    *to = strdup(from);
    return *to != NULL ? 0 : fault_memory(f, "a path", strlen(from) + 1);
}

static int copy_arrays(struct entry *to, const struct entry *from, struct fault *f)
{
    int rc;

    for (size_t i = 0; i < from->xattr_count; i++) {
        const struct entry_xattr *x = &from->xattrs[i];

        if ((rc = entry_add_xattr(to, x->name, x->value, x->value_len, f)) < 0)
            return rc;
    }
    for (size_t i = 0; i < from->extent_count; i++) {
        const struct entry_extent *x = &from->extents[i];

        if ((rc = entry_add_extent(to, x->offset, x->length, f)) < 0)
            return rc;
    }
    return 0;
}

int entry_copy(struct entry *to, const struct entry *from, struct fault *f)
{
    struct entry plain = *from;
    int rc;

    entry_reset(to);
    plain.path = plain.link = plain.target = NULL;
    plain.xattrs = to->xattrs;
    plain.xattr_room = to->xattr_room;
    plain.extents = to->extents;
    plain.extent_room = to->extent_room;
    plain.xattr_count = plain.extent_count = 0;
    *to = plain;
    if ((rc = copy_string(&to->path, from->path, f)) < 0 ||
        (rc = copy_string(&to->link, from->link, f)) < 0 ||
        (rc = copy_string(&to->target, from->target, f)) < 0)
        return rc;
    return copy_arrays(to, from, f);
}
