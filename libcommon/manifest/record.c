/* SPDX-License-Identifier: MIT */
/* The rules of manifest(5) that concern one entry by itself. */
#include "manifest/record.h"

#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "manifest/path.h"

static int check_length(const char *key, const char *value, enum fault_code code, struct fault *f)
{
    size_t length = value != NULL ? strlen(value) : 0;

    if (length <= RECORD_PATH_MAX)
        return 0;
    return fault_set(f, code, "%s= is %zu bytes long; at most %d are allowed", key, length,
                     RECORD_PATH_MAX);
}

int record_check_lengths(const struct entry *e, enum fault_code code, struct fault *f)
{
    int rc;

    if ((rc = check_length("path", e->path, code, f)) < 0 ||
        (rc = check_length("link", e->link, code, f)) < 0)
        return rc;
    return check_length("target", e->target, code, f);
}

static int check_path(const char *key, const char *path, struct fault *f)
{
    char shown[256];

    if (path == NULL)
        return fault_set(f, FAULT_DAMAGED, "there is no %s=", key);
    if (path_is_clean(path))
        return 0;
    text_escape(shown, sizeof(shown), path, strlen(path));
    return fault_set(f, FAULT_DAMAGED, "%s=%s is not an absolute path without empty, . or .. parts",
                     key, shown);
}

static int check_time(const char *key, const struct entry_time *t, struct fault *f)
{
    if (t->nanoseconds < NANOSECONDS_PER_SECOND)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "%s has %u nanoseconds", key, t->nanoseconds);
}

static int check_times(const struct entry *e, struct fault *f)
{
    int rc = check_time("mtime", &e->mtime, f);

    if (rc == 0 && e->times & ENTRY_ATIME)
        rc = check_time("atime", &e->atime, f);
    if (rc == 0 && e->times & ENTRY_CTIME)
        rc = check_time("ctime", &e->ctime, f);
    if (rc == 0 && e->times & ENTRY_CRTIME)
        rc = check_time("crtime", &e->crtime, f);
    return rc;
}

static int check_target(const char *target, struct fault *f)
{
    if (target == NULL || target[0] == '\0')
        return fault_set(f, FAULT_DAMAGED, "the symbolic link has an empty target");
    return 0;
}

static int check_xattrs(const struct entry *e, struct fault *f)
{
    char shown[256];

    for (size_t i = 0; i < e->xattr_count; i++) {
        const char *name = e->xattrs[i].name;

        if (name[0] == '\0')
            return fault_set(f, FAULT_DAMAGED, "an attribute has an empty name");
        if (i == 0 || strcmp(e->xattrs[i - 1].name, name) < 0)
            continue;
        text_escape(shown, sizeof(shown), name, strlen(name));
        return fault_set(f, FAULT_DAMAGED, "attribute %s is not after the one before it", shown);
    }
    return 0;
}

static int check_extents(const struct entry *e, struct fault *f)
{
    uint64_t free_from = 0; /* a run may start here */

    if (e->size > RECORD_SIZE_MAX)
        return fault_set(f, FAULT_DAMAGED, "size=%llu is more than a file can have",
                         (unsigned long long)e->size);
    for (size_t i = 0; i < e->extent_count; i++) {
        const struct entry_extent *x = &e->extents[i];
        unsigned long long offset = x->offset, length = x->length;

        if (length == 0 || !range_within(offset, length, e->size))
            return fault_set(f, FAULT_DAMAGED, "extent=%llu+%llu is empty or not within size=%llu",
                             offset, length, (unsigned long long)e->size);
        if (offset < free_from)
            return fault_set(f, FAULT_DAMAGED,
                             "extent=%llu+%llu is not after the one before it, with a hole between",
                             offset, length);
        free_from = offset + length + 1;
    }
    return 0;
}

static int check_type(const struct entry *e, struct fault *f)
{
    if (e->type == 0 || strchr(RECORD_TYPES, (int)e->type) == NULL)
        return fault_set(f, FAULT_DAMAGED, "type %#x is not one of " RECORD_TYPES,
                         (unsigned)e->type);
    if (e->path[1] == '\0' && e->type != ENTRY_DIRECTORY)
        return fault_set(f, FAULT_DAMAGED, "the root has type=%c; it must be a directory",
                         (int)e->type);
    if (e->type != ENTRY_FILE && e->extent_count > 0)
        return fault_set(f, FAULT_DAMAGED, "type=%c has data; only a file may", (int)e->type);
    return 0;
}

int record_check(const struct entry *e, struct fault *f)
{
    int rc;

    if ((rc = check_path("path", e->path, f)) < 0 || (rc = check_type(e, f)) < 0)
        return rc;
    if (e->type == ENTRY_HARD_LINK)
        return check_path("link", e->link, f);
    if (e->mode > RECORD_MODE_MAX)
        return fault_set(f, FAULT_DAMAGED, "mode %o is more than 7777", e->mode);
    if ((rc = check_times(e, f)) < 0 || (rc = check_xattrs(e, f)) < 0)
        return rc;
    if (e->type == ENTRY_SYMLINK)
        return check_target(e->target, f);
    return e->type == ENTRY_FILE ? check_extents(e, f) : 0;
}
