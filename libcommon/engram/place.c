/* SPDX-License-Identifier: MIT */
/* Makes one name in a directory of the host, or puts something new in the place of what has it. */
#include "engram/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/text.h"

enum { TEMPORARY_TRIES = 100 };

/* Making a name failed: what has it is the user's and stays. */
static int cannot_make(const struct place *p, const struct entry *e, const struct restore_losses *l,
                       struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    if (errno == EEXIST && !p->replace)
        return fault_set(f, FAULT_SYSTEM,
                         "%s exists already in %s; nothing is overwritten without --overwrite",
                         text_shown(shown, e->path), l->where);
    if (errno == EISDIR)
        return fault_set(f, FAULT_SYSTEM, "%s is a directory in %s, which is not replaced",
                         text_shown(shown, e->path), l->where);
    return restore_failed(e->path, "cannot be made", f);
}

/* ---- by its name, or beside it ---- */

/* Makes something that must not exist: a descriptor or 0; or -1 and errno. */
typedef int make_function(int dir, const char *name, const void *what);

static bool is_directory(const struct place *p)
{
    struct stat st;

    return fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Under a name of its own, which is short, so that there is room for it whatever the other is. */
static int make_beside(struct place *p, make_function *make, const void *what)
{
    int made = -1;

    for (unsigned try = 0; try < TEMPORARY_TRIES; try++) {
        snprintf(p->temporary, sizeof(p->temporary), ".engram.%ld.%u", (long)getpid(), try);
        made = make(p->dir, p->temporary, what);
        if (made >= 0 || errno != EEXIST)
            break;
    }
    if (made < 0)
        p->temporary[0] = '\0';
    return made;
}

static const char *name_now(const struct place *p)
{
    return p->temporary[0] != '\0' ? p->temporary : p->name;
}

static int make_name(struct place *p, make_function *make, const void *what)
{
    int made;

    p->temporary[0] = '\0';
    made = make(p->dir, p->name, what);
    if (made < 0 && errno == EEXIST && p->replace) {
        if (is_directory(p)) {
            errno = EISDIR;
            return -1;
        }
        made = make_beside(p, make, what);
    }
    if (made >= 0)
        guard_name(p->dir, name_now(p));
    return made;
}

int place_finish(struct place *p, const struct entry *e, struct fault *f)
{
    if (p->temporary[0] != '\0' && renameat(p->dir, p->temporary, p->dir, p->name) < 0) {
        restore_failed(e->path, "what is there cannot be replaced", f);
        place_discard(p);
        return f->code;
    }
    guard_release();
    return 0;
}

void place_discard(struct place *p)
{
    unlinkat(p->dir, name_now(p), 0);
    guard_release();
}

/* ---- the kinds ---- */

static int make_file(int dir, const char *name, const void *what)
{
    (void)what;
    return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int place_file(struct place *p, const struct entry *e, const struct restore_losses *l, int *fd,
               struct fault *f)
{
    *fd = make_name(p, make_file, NULL);
    return *fd < 0 ? cannot_make(p, e, l, f) : 0;
}

/* The kind of a special entry as the system has it. */
static mode_t file_type(const struct entry *e)
{
    switch (e->type) {
    case ENTRY_SYMLINK:
        return S_IFLNK;
    case ENTRY_CHAR_DEVICE:
        return S_IFCHR;
    case ENTRY_BLOCK_DEVICE:
        return S_IFBLK;
    case ENTRY_FIFO:
        return S_IFIFO;
    default:
        return S_IFSOCK;
    }
}

static int make_special(int dir, const char *name, const void *what)
{
    const struct entry *e = what;

    if (e->type == ENTRY_SYMLINK)
        return symlinkat(e->target, dir, name);
    return mknodat(dir, name, file_type(e) | 0600, makedev(e->rdev_major, e->rdev_minor));
}

/* What has this name is what was made under it, or something of somebody's that is just the same.
 */
static bool is_made(const struct entry *e, const struct stat *st)
{
    bool is_device = e->type == ENTRY_CHAR_DEVICE || e->type == ENTRY_BLOCK_DEVICE;

    return (st->st_mode & S_IFMT) == file_type(e) && st->st_nlink == 1 &&
           (!is_device || st->st_rdev == makedev(e->rdev_major, e->rdev_minor));
}

/* Hold what was just made, which no call does in one step. */
static int hold_special(struct place *p, const struct entry *e, int *out, struct fault *f)
{
    int fd = openat(p->dir, name_now(p), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    char shown[TEXT_SHOWN_BYTES];
    struct stat st;

    if (fd < 0)
        return restore_failed(e->path, "cannot be opened", f);
    if (fstat(fd, &st) == 0 && is_made(e, &st)) {
        *out = fd;
        return 0;
    }
    close(fd);
    return fault_set(f, FAULT_SYSTEM, "%s was replaced while it was being made",
                     text_shown(shown, e->path));
}

int place_special(struct place *p, const struct entry *e, struct restore_losses *l, int *fd,
                  struct fault *f)
{
    const char *what = e->type == ENTRY_SYMLINK  ? "symbolic link"
                       : e->type == ENTRY_FIFO   ? "named pipe"
                       : e->type == ENTRY_SOCKET ? "socket"
                                                 : "device";

    *fd = -1;
    if (make_name(p, make_special, e) < 0)
        return restore_is_refusal(errno) ? restore_lose_name(e, l, what, strerror(errno))
                                         : cannot_make(p, e, l, f);
    if (hold_special(p, e, fd, f) == 0)
        return 0;
    guard_release(); /* what has the name may be somebody else's */
    return f->code;
}

struct first {
    int dir;
    const char *name;
};

static int make_link(int dir, const char *name, const void *what)
{
    const struct first *first = what;

    return linkat(first->dir, first->name, dir, name, 0);
}

int place_link(struct place *p, int first_dir, const char *first_name, const struct entry *e,
               struct restore_losses *l, struct fault *f)
{
    struct first first = {first_dir, first_name};

    if (make_name(p, make_link, &first) < 0)
        return restore_is_refusal(errno) ? restore_lose_name(e, l, "hard link", strerror(errno))
                                         : cannot_make(p, e, l, f);
    if (place_finish(p, e, f) < 0)
        return f->code;
    /* A name that takes the place of one of the same file does not go away. */
    if (p->temporary[0] != '\0')
        unlinkat(p->dir, p->temporary, 0);
    return 0;
}

/* ---- directories ---- */

enum { OPEN_DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* Open a directory that is there, also if its mode keeps even its owner out. */
static int open_existing(const struct place *p, mode_t *before)
{
    int held = openat(p->dir, p->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd = -1;
    struct restore_path path;
    struct stat st;

    if (held < 0)
        return -1;
    if (fstat(held, &st) == 0) {
        *before = st.st_mode & 07777;
        path = restore_path_of(held);
        /* If it is somebody else's, it stays as it is. */
        (void)chmod(path.text, 0700);
        fd = openat(held, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            (void)chmod(path.text, *before);
    }
    close(held);
    return fd;
}

int place_directory(struct place *p, const struct entry *e, const struct restore_losses *l, int *fd,
                    mode_t *before, struct fault *f)
{
    int made = mkdirat(p->dir, p->name, 0700);

    *before = 0700;
    if (made < 0 && errno == EEXIST && p->replace) {
        if (is_directory(p)) {
            *fd = open_existing(p, before);
            return *fd < 0 ? restore_failed(e->path, "cannot be opened", f) : 0;
        }
        /* A directory cannot be renamed over what is none. */
        if (unlinkat(p->dir, p->name, 0) < 0)
            return restore_failed(e->path, "what is there cannot be replaced", f);
        made = mkdirat(p->dir, p->name, 0700);
    }
    if (made < 0)
        return cannot_make(p, e, l, f);
    *fd = openat(p->dir, p->name, OPEN_DIRECTORY);
    return *fd < 0 ? restore_failed(e->path, "cannot be opened", f) : 0;
}
