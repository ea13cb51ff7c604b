/* SPDX-License-Identifier: MIT */
/* Opens a file that somebody else named, without leaving a directory. */
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef ENGRAM_PORTABLE
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

/* What a regular file is opened with; O_NONBLOCK in case it has become a pipe since it was seen. */
enum { OPEN_FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The second look at a file that was seen to be regular: is what was opened still that one? */
static int confirm(int fd, const struct stat *seen, int *out)
{
    struct stat now;

    if (fstat(fd, &now) != 0 || !same_file(seen, &now)) {
        close(fd);
        return ESTALE;
    }
    *out = fd;
    return 0;
}

/* ---- the plain twin: symbolic links resolved by hand ---- */

/* A path on its way: `done` is free of links and dots, `rest` is still to be resolved. */
struct walk {
    int dir;
    int links; /* followed so far */
    char done[PATH_MAX];
    char rest[PATH_MAX];
};

enum { LINKS_MAX = 40 }; /* as the kernel has it */

/* Take the first component of w->rest; false if there is none. */
static bool next_component(struct walk *w, char component[PATH_MAX])
{
    const char *start = w->rest + strspn(w->rest, "/");
    size_t n = strcspn(start, "/");

    memcpy(component, start, n);
    component[n] = '\0';
    memmove(w->rest, start + n, strlen(start + n) + 1);
    return n > 0;
}

static int step_up(struct walk *w)
{
    char *slash = strrchr(w->done, '/');

    if (w->done[0] == '\0')
        return EXDEV;
    *(slash ? slash : w->done) = '\0';
    return 0;
}

/* Put the target of the link that w->done names before what is left, which is empty or starts with
 * a slash. */
static int follow_link(struct walk *w)
{
    char target[PATH_MAX];
    char joined[PATH_MAX];
    ssize_t n = readlinkat(w->dir, w->done, target, sizeof(target) - 1);

    if (n < 0)
        return errno;
    target[n] = '\0';
    if (target[0] == '/')
        return EXDEV;
    if (++w->links > LINKS_MAX)
        return ELOOP;
    if (snprintf(joined, sizeof(joined), "%s%s", target, w->rest) >= (int)sizeof(joined))
        return ENAMETOOLONG;
    memcpy(w->rest, joined, sizeof(joined));
    return step_up(w);
}

static int step_into(struct walk *w, const char *component, struct stat *st)
{
    size_t used = strlen(w->done);
    int n = snprintf(w->done + used, sizeof(w->done) - used, "%s%s", used ? "/" : "", component);

    if (n >= (int)(sizeof(w->done) - used))
        return ENAMETOOLONG;
    if (fstatat(w->dir, w->done, st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    if (S_ISLNK(st->st_mode))
        return follow_link(w);
    return w->rest[0] != '\0' && !S_ISDIR(st->st_mode) ? ENOTDIR : 0;
}

/* Someone who swaps a directory for a link between two steps could win here; openat2 has no such
 * gap, and is what a Linux build uses. */
static int open_by_walking(int dir, const char *path, int *fd)
{
    struct walk w = {.dir = dir};
    char component[PATH_MAX];
    struct stat st = {0};
    int error = 0;
    int got;

    if (strlen(path) >= sizeof(w.rest))
        return ENAMETOOLONG;
    strcpy(w.rest, path);
    while (error == 0 && next_component(&w, component)) {
        if (strcmp(component, "..") == 0)
            error = step_up(&w);
        else if (strcmp(component, ".") != 0)
            error = step_into(&w, component, &st);
    }
    if (error != 0)
        return error;
    if (w.done[0] == '\0' || fstatat(dir, w.done, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(st.st_mode))
        return BENEATH_NOT_REGULAR;
    got = openat(dir, w.done, OPEN_FLAGS | O_NOFOLLOW);
    return got < 0 ? errno : confirm(got, &st, fd);
}

/* ---- Linux: the kernel resolves ---- */

#ifndef ENGRAM_PORTABLE
enum { RACES_MAX = 32 };

static int kernel_open(int dir, const char *path, int flags, int *fd)
{
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };

    /* EAGAIN: something was renamed on the way, and the kernel cannot tell whether we left. */
    for (int i = 0; i < RACES_MAX; i++) {
        long got = syscall(SYS_openat2, dir, path, &how, sizeof(how));

        if (got >= 0) {
            *fd = (int)got;
            return 0;
        }
        if (errno != EAGAIN && errno != EINTR)
            break;
    }
    return errno;
}

static int open_by_kernel(int dir, const char *path, int *fd)
{
    struct stat st;
    int seen;
    int got;
    int error = kernel_open(dir, path, O_PATH, &seen);

    if (error != 0)
        return error;
    error = fstat(seen, &st) != 0 ? errno : 0;
    close(seen);
    if (error != 0)
        return error;
    if (!S_ISREG(st.st_mode))
        return BENEATH_NOT_REGULAR;
    error = kernel_open(dir, path, OPEN_FLAGS, &got);
    return error != 0 ? error : confirm(got, &st, fd);
}
#endif

int beneath_open(int dir, const char *path, int *fd)
{
    if (path[0] == '/')
        return EXDEV;
#ifndef ENGRAM_PORTABLE
    int error = open_by_kernel(dir, path[0] ? path : ".", fd);

    /* A kernel before 5.6 lacks the call, and some sandboxes refuse it. */
    if (error != ENOSYS && error != EPERM)
        return error;
#endif
    return open_by_walking(dir, path, fd);
}
