/* SPDX-License-Identifier: MIT */
/* The directories that are being filled, each in the one before it. */
#include "engram/levels.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text.h"
#include "manifest/path.h"

struct level {
    struct entry entry; /* its path is not kept: it is the start of levels.path */
    size_t path_len;
    bool bare; /* there is no entry for it */
    dev_t dev;
    ino_t ino;
    mode_t before;
    bool lost; /* something of it could not be set, and was told */
};

static uint64_t attribute_bytes(const struct entry *e)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < e->xattr_count; i++)
        bytes += sizeof(e->xattrs[i]) + strlen(e->xattrs[i].name) + e->xattrs[i].value_len;
    return bytes;
}

/* Its metadata, for when it is left; what it has inherited goes now. */
static int keep_entry(struct levels *l, struct level *level, const struct entry *e, struct fault *f)
{
    l->pending += attribute_bytes(e);
    if (l->pending > LEVELS_PENDING_MAX)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "directories within each other have more than %d bytes of attributes",
                         LEVELS_PENDING_MAX);
    level->lost = !restore_clear_acls(l->dir, e, l->losses);
    if (entry_copy(&level->entry, e, f) < 0)
        return f->code;
    free(level->entry.path);
    level->entry.path = NULL;
    return 0;
}

/* One more level.  If that fails nothing has changed. */
static int add_level(struct levels *l, const char *path, const struct level *level, struct fault *f)
{
    struct level *list = array_grow(l->list, l->depth, &l->room, sizeof(*list), "directories", f);
    char *copy;

    if (list == NULL)
        return f->code;
    l->list = list;
    copy = strdup(path);
    if (copy == NULL)
        return fault_memory(f, "a path", strlen(path));
    free(l->path);
    l->path = copy;
    l->list[l->depth++] = *level;
    return 0;
}

int levels_down(struct levels *l, const struct entry *e, int fd, mode_t before, struct fault *f)
{
    const char *path = e != NULL ? e->path : "/";
    struct level level = {.bare = e == NULL, .path_len = strlen(path), .before = before};
    struct stat st;
    int rc;

    if (fstat(fd, &st) < 0) {
        rc = restore_failed(path, "cannot be looked at", f);
    } else {
        level.dev = st.st_dev;
        level.ino = st.st_ino;
        rc = add_level(l, path, &level, f);
    }
    if (rc < 0) {
        /* Those above are still being filled, and have their modes back by levels_close. */
        (void)fchmod(fd, before);
        close(fd);
        return rc;
    }
    if (l->dir >= 0)
        close(l->dir);
    l->dir = fd;
    return e != NULL ? keep_entry(l, &l->list[l->depth - 1], e, f) : 0;
}

/* Open the parent of the directory being filled, and see to it that it is the one we came from. */
static int open_parent(const struct levels *l, int *out, struct fault *f)
{
    const struct level *parent = &l->list[l->depth - 2];
    int fd = openat(l->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return restore_failed(l->path, "the directory above cannot be opened", f);
    if (fstat(fd, &st) < 0)
        restore_failed(l->path, "the directory above cannot be looked at", f);
    else if (st.st_dev != parent->dev || st.st_ino != parent->ino)
        fault_set(f, FAULT_SYSTEM, "a directory was moved while it was being filled");
    else {
        *out = fd;
        return 0;
    }
    close(fd);
    return f->code;
}

/* The level above, open as `above`, is the last one from now on. */
static void drop_last(struct levels *l, int above)
{
    close(l->dir);
    l->dir = above;
    entry_free(&l->list[--l->depth].entry);
    if (l->depth > 0)
        l->path[l->list[l->depth - 1].path_len] = '\0';
}

/* Leave the directory being filled: it gets its metadata. */
static int go_up(struct levels *l, struct fault *f)
{
    struct level *level = &l->list[l->depth - 1];
    int above = -1, rc = l->depth > 1 ? open_parent(l, &above, f) : 0;

    if (rc < 0)
        return rc;
    l->pending -= attribute_bytes(&level->entry);
    if (level->bare) {
        (void)fchmod(l->dir, level->before);
    } else {
        level->entry.path = l->path;
        rc = restore_metadata(l->dir, &level->entry, level->lost, l->losses, f);
        level->entry.path = NULL;
        if (rc < 0)
            (void)fchmod(l->dir, level->before);
    }
    drop_last(l, above);
    return rc;
}

int levels_up_to(struct levels *l, const char *path, struct fault *f)
{
    size_t len = path_parent_length(path);
    char shown[TEXT_SHOWN_BYTES];

    while (l->depth > 0) {
        size_t at = l->list[l->depth - 1].path_len;

        if (at == len && strncmp(l->path, path, len) == 0)
            return 0;
        if (l->depth == 1)
            break;
        if (go_up(l, f) < 0)
            return f->code;
    }
    return fault_set(f, FAULT_DAMAGED, "%s: it lies in no directory of the engram",
                     text_shown(shown, path));
}

int levels_finish(struct levels *l, struct fault *f)
{
    int rc = 0;

    while (rc == 0 && l->depth > 0)
        rc = go_up(l, f);
    return rc;
}

void levels_close(struct levels *l)
{
    struct fault unsaid;
    int above;

    while (l->depth > 1) {
        (void)fchmod(l->dir, l->list[l->depth - 1].before);
        if (open_parent(l, &above, &unsaid) < 0)
            break;
        drop_last(l, above);
    }
    while (l->depth > 0)
        entry_free(&l->list[--l->depth].entry);
    if (l->dir >= 0)
        close(l->dir);
    free(l->list);
    free(l->path);
}
