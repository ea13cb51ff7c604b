/* SPDX-License-Identifier: MIT */
/* The walk that unpacks: always within one directory that is held open. */

/*
 * Entries come depth first, so the place where the next one goes is the directory being filled or
 * one above it.  Going down opens the directory just made; going up opens `..` and makes sure that
 * it is the very directory we came from, even if somebody moves things about meanwhile.  One
 * descriptor is kept open, however deep the tree.  A directory gets its metadata when it is left:
 * nothing changes in it any more, and until then it is open to us alone.
 */
#include "engram/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "engram/restore.h"
#include "manifest/names.h"
#include "manifest/path.h"

/* A directory that is being filled. */
struct level {
    struct entry entry; /* its path is not kept: it is the start of unpack.path */
    size_t path_len;
    dev_t dev;
    ino_t ino;
    bool lost; /* something of it could not be set, and was told */
};

struct unpack {
    struct engram *g;
    struct progress *progress;
    struct restore_losses losses;
    int root;             /* the directory itself */
    mode_t root_mode;     /* as it was */
    int dir;              /* the directory being filled: that of the last level */
    char *path;           /* of the last level, in the engram */
    struct level *levels; /* the first is the root */
    size_t depth, room;
    uint64_t pending; /* bytes of attributes in levels */
    struct engram_item item;
    struct names *files; /* all so far that a hard link can name */
    struct names *lost;  /* those of them that the system did not let us make */
};

static uint64_t attribute_bytes(const struct entry *e)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < e->xattr_count; i++)
        bytes += sizeof(e->xattrs[i]) + strlen(e->xattrs[i].name) + e->xattrs[i].value_len;
    return bytes;
}

/* The last component of a clean path. */
static const char *name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

static int damaged(const char *path, const char *what, struct fault *f)
{
    char shown[400];

    text_escape(shown, sizeof(shown), path, strlen(path));
    return fault_set(f, FAULT_DAMAGED, "%s: %s", shown, what);
}

static int failed(const char *path, const char *what, struct fault *f)
{
    int errnum = errno;
    char shown[400];

    text_escape(shown, sizeof(shown), path, strlen(path));
    return fault_errno(f, errnum, "%s: %s", shown, what);
}

/* ---- going down and up ---- */

static int make_room(struct unpack *u, struct fault *f)
{
    size_t wanted = u->room == 0 ? 32 : u->room * 2;
    struct level *bigger;

    if (u->depth < u->room)
        return 0;
    bigger = reallocarray(u->levels, wanted, sizeof(*bigger));
    if (bigger == NULL)
        return fault_memory(f, "directories", wanted * sizeof(*bigger));
    u->levels = bigger;
    u->room = wanted;
    return 0;
}

/* Remember a directory that was made, and its metadata for when it is left. */
static int keep_level(struct unpack *u, const struct entry *e, int fd, struct fault *f)
{
    struct level *level;
    struct stat st;
    char *path;

    u->pending += attribute_bytes(e);
    if (u->pending > UNPACK_PENDING_MAX)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "directories within each other have more than %d bytes of attributes",
                         UNPACK_PENDING_MAX);
    if (fstat(fd, &st) < 0)
        return failed(e->path, "cannot be looked at", f);
    if (make_room(u, f) < 0)
        return f->code;
    path = strdup(e->path);
    if (path == NULL)
        return fault_memory(f, "a path", strlen(e->path));
    free(u->path);
    u->path = path;
    level = &u->levels[u->depth++];
    *level = (struct level){.path_len = strlen(path), .dev = st.st_dev, .ino = st.st_ino};
    level->lost = !restore_clear_acls(fd, e, &u->losses);
    if (entry_copy(&level->entry, e, f) < 0)
        return f->code;
    free(level->entry.path);
    level->entry.path = NULL;
    return 0;
}

/* Fill this directory from now on; owns fd. */
static int go_down(struct unpack *u, const struct entry *e, int fd, struct fault *f)
{
    if (u->dir >= 0)
        close(u->dir);
    u->dir = fd;
    return keep_level(u, e, fd, f);
}

/* Open the parent of the directory being filled, and see to it that it is the one we came from. */
static int open_parent(struct unpack *u, int *out, struct fault *f)
{
    const struct level *parent = &u->levels[u->depth - 2];
    int fd = openat(u->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return failed(u->path, "the directory above cannot be opened", f);
    if (fstat(fd, &st) < 0)
        failed(u->path, "the directory above cannot be looked at", f);
    else if (st.st_dev != parent->dev || st.st_ino != parent->ino)
        fault_set(f, FAULT_SYSTEM, "a directory was moved while it was being filled");
    else {
        *out = fd;
        return 0;
    }
    close(fd);
    return f->code;
}

/* Leave the directory being filled: it gets its metadata. */
static int go_up(struct unpack *u, struct fault *f)
{
    struct level *level = &u->levels[u->depth - 1];
    int above = -1, rc = u->depth > 1 ? open_parent(u, &above, f) : 0;

    if (rc < 0)
        return rc;
    u->pending -= attribute_bytes(&level->entry);
    level->entry.path = u->path;
    rc = restore_metadata(u->dir, &level->entry, level->lost, &u->losses, f);
    level->entry.path = NULL;
    close(u->dir);
    u->dir = above;
    if (rc < 0)
        return rc;
    entry_free(&level->entry);
    u->depth--;
    if (u->depth > 0)
        u->path[u->levels[u->depth - 1].path_len] = '\0';
    return 0;
}

/* Leave directories until the one that holds this path is being filled. */
static int go_to_parent_of(struct unpack *u, const char *path, struct fault *f)
{
    size_t len = path_parent_length(path);

    while (u->depth > 0) {
        size_t at = u->levels[u->depth - 1].path_len;

        if (at == len && strncmp(u->path, path, len) == 0)
            return 0;
        if (u->depth == 1)
            break;
        if (go_up(u, f) < 0)
            return f->code;
    }
    return damaged(path, "it lies in no directory of the engram", f);
}

/* ---- the kinds of entry ---- */

static int write_file(struct unpack *u, const struct engram_item *item, int fd, struct fault *f)
{
    struct sink *to;
    char *where;
    int rc;

    if (asprintf(&where, "%s%s", u->losses.where, item->entry.path) < 0)
        return fault_memory(f, "a path", strlen(item->entry.path));
    if ((rc = sink_to_sparse_file(fd, where, &to, f)) == 0) {
        rc = engram_read_file(u->g, item, to, f);
        if (rc == 0)
            rc = sink_finish(to, f);
        sink_close(to);
    }
    free(where);
    return rc;
}

/* Give what was just made its metadata; owns fd. */
static int end_entry(struct unpack *u, const struct entry *e, int fd, struct fault *f)
{
    bool lost = !restore_clear_acls(fd, e, &u->losses);
    int rc = restore_metadata(fd, e, lost, &u->losses, f);

    if (close(fd) < 0 && rc == 0)
        rc = failed(e->path, "write failed", f);
    return rc;
}

static int unpack_file(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    const char *name = name_of(e->path);
    int fd, rc = restore_file(u->dir, name, e, &u->losses, &fd, f);

    if (rc < 0)
        return rc;
    rc = write_file(u, &u->item, fd, f);
    if (rc == 0)
        rc = end_entry(u, e, fd, f);
    else
        close(fd);
    if (rc < 0) {
        unlinkat(u->dir, name, 0); /* no file that is not whole stays */
        return rc;
    }
    if (u->progress != NULL)
        progress_add(u->progress, entry_data_bytes(e));
    return names_add(u->files, e->path, f);
}

static int unpack_directory(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    int fd, rc = restore_directory(u->dir, name_of(e->path), e, &u->losses, &fd, f);

    return rc < 0 ? rc : go_down(u, e, fd, f);
}

static int unpack_special(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    int fd, rc = restore_special(u->dir, name_of(e->path), e, &u->losses, &fd, f);

    if (rc < 0 || (rc = names_add(u->files, e->path, f)) < 0)
        return rc;
    return fd >= 0 ? end_entry(u, e, fd, f) : names_add(u->lost, e->path, f);
}

/* Open the directory that holds a path, from the root down, no link followed; *fd -1 and errno if
 * the system does not let us. */
static int open_directory_of(const struct unpack *u, const char *path, int *out, struct fault *f)
{
    char *names = strdup(path), *slash;
    int fd = fcntl(u->root, F_DUPFD_CLOEXEC, 0);

    if (names == NULL) {
        close(fd);
        return fault_memory(f, "a path", strlen(path));
    }
    for (char *name = names + 1; fd >= 0 && (slash = strchr(name, '/')) != NULL; name = slash + 1) {
        int above = fd;

        *slash = '\0';
        fd = openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(above);
    }
    free(names);
    *out = fd;
    return fd < 0 && errno != EACCES ? failed(path, "its directory cannot be opened", f) : 0;
}

static int unpack_hard_link(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    int from = -1, rc;

    /* What was there before us is never linked to, nor what is yet to be made. */
    if (!names_have(u->files, e->link))
        return damaged(e->path, "a hard link names what is no file", f);
    if (names_have(u->lost, e->link))
        return restore_lose_name(e, &u->losses, "hard link", "its first name was not made");
    if ((rc = open_directory_of(u, e->link, &from, f)) < 0)
        return rc;
    if (from < 0)
        return restore_lose_name(e, &u->losses, "hard link", strerror(EACCES));
    rc = restore_link(from, name_of(e->link), u->dir, name_of(e->path), e, &u->losses, f);
    close(from);
    return rc;
}

static int unpack_entry(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    int rc;

    if (u->depth == 0) {
        if (path_parent_length(e->path) != 0 || e->type != ENTRY_DIRECTORY)
            return damaged(e->path, "the first entry is not the root directory", f);
        return go_down(u, e, fcntl(u->root, F_DUPFD_CLOEXEC, 0), f);
    }
    if ((rc = go_to_parent_of(u, e->path, f)) < 0)
        return rc;
    switch (e->type) {
    case ENTRY_FILE:
        return unpack_file(u, f);
    case ENTRY_DIRECTORY:
        return unpack_directory(u, f);
    case ENTRY_HARD_LINK:
        return unpack_hard_link(u, f);
    default:
        return unpack_special(u, f);
    }
}

/* ---- the whole ---- */

static int walk(struct unpack *u, struct fault *f)
{
    struct engram_walk *w;
    bool more = true;
    int rc = engram_walk_open(u->g, "/", &w, f);

    if (rc < 0)
        return rc;
    rc = engram_walk_read_ahead(w, f);
    while (rc == 0 && (rc = engram_walk_next(w, &u->item, &more, f)) == 0 && more)
        rc = unpack_entry(u, f);
    engram_walk_close(w);
    while (rc == 0 && u->depth > 0)
        rc = go_up(u, f);
    return rc;
}

/* The sums, after what was told name by name. */
static void tell_sums(const struct restore_losses *l)
{
    if (l->unset > 0)
        notice(l->notices, NOTICE_LOSS, NULL,
               "%" PRIu64 " names have a ctime or crtime, which cannot be set", l->unset);
    if (l->names > 0)
        notice(l->notices, NOTICE_LOSS, NULL, "%" PRIu64 " names could not be restored in full",
               l->names);
}

static int open_root(struct unpack *u, const char *directory, struct fault *f)
{
    bool made = mkdir(directory, 0700) == 0;
    struct stat st;

    if (!made && errno != EEXIST) {
        fault_errno(f, errno, "cannot make the directory");
        return fault_about(f, directory);
    }
    u->root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (u->root < 0 || fstat(u->root, &st) < 0) {
        fault_errno(f, errno, "cannot open the directory");
        return fault_about(f, directory);
    }
    u->root_mode = made ? 0700 : st.st_mode & 07777;
    /* If it is somebody else's, it stays as it is. */
    (void)fchmod(u->root, 0700);
    return 0;
}

static int open_all(struct unpack *u, const char *directory, struct fault *f)
{
    int rc = names_open(&u->files, f);

    if (rc == 0)
        rc = names_open(&u->lost, f);
    return rc == 0 ? open_root(u, directory, f) : rc;
}

static void close_all(struct unpack *u)
{
    while (u->depth > 0)
        entry_free(&u->levels[--u->depth].entry);
    free(u->levels);
    free(u->path);
    engram_item_free(&u->item);
    names_close(u->files);
    names_close(u->lost);
    if (u->dir >= 0)
        close(u->dir);
    if (u->root >= 0)
        close(u->root);
}

int engram_unpack(struct engram *g, const struct unpack_options *options, struct fault *f)
{
    struct unpack u = {.g = g, .progress = options->progress, .root = -1, .dir = -1};
    int rc = open_all(&u, options->directory, f);

    u.losses = (struct restore_losses){.notices = options->notices, .where = options->directory};
    if (rc == 0 && (rc = walk(&u, f)) < 0)
        (void)fchmod(u.root, u.root_mode); /* it did not become the tree's root */
    if (rc == 0)
        tell_sums(&u.losses);
    close_all(&u);
    return rc;
}
