/* SPDX-License-Identifier: MIT */
/* Where a command's product goes: standard output, or a file that appears whole or not at all. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    int fd;
    char *path;      /* NULL: standard output */
    char *temporary; /* the name that exists beside path, NULL while there is none */
};

/* The temporary name that a signal must remove.  The one piece of mutable file-scope state in the
 * library: a signal handler can reach nothing else.  Unused where the file system has O_TMPFILE. */
static char *volatile doomed;

static void remove_doomed(int signum)
{
    if (doomed)
        unlink(doomed);
    signal(signum, SIG_DFL);
    raise(signum);
}

static void guard_temporary(char *name)
{
    static const int fatal[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGXFSZ, SIGXCPU};

    doomed = name;
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        if (signal(fatal[i], remove_doomed) == SIG_IGN)
            signal(fatal[i], SIG_IGN);
}

/* The directory part of path, to be freed: "." if it has none. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A file without a name in dir, or -1: then the portable way is taken. */
static int open_unnamed(const char *dir)
{
#if defined(O_TMPFILE) && !defined(ENGRAM_PORTABLE)
    return open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
#else
    (void)dir;
    errno = ENOTSUP;
    return -1;
#endif
}

/* "PATH.XXXXXX" made unique by mkstemp, with the permissions that open would have given. */
static int open_named(struct output *out)
{
    size_t room = strlen(out->path) + sizeof(".XXXXXX");
    mode_t mask;

    out->temporary = malloc(room);
    if (!out->temporary)
        return -1;
    snprintf(out->temporary, room, "%s.XXXXXX", out->path);
    out->fd = mkostemp(out->temporary, O_CLOEXEC);
    if (out->fd < 0) {
        free(out->temporary);
        out->temporary = NULL;
        return -1;
    }
    guard_temporary(out->temporary);
    mask = umask(0);
    umask(mask);
    return fchmod(out->fd, 0666 & ~mask);
}

static int open_file(struct output *out, const char *path, struct fault *f)
{
    struct stat st;
    char *dir;

    /* What is there and is no regular file (a device, a directory) must not be replaced. */
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        fault_set(f, FAULT_USAGE, "is not a regular file: write to it with '>'");
        return fault_about(f, path);
    }
    out->path = strdup(path);
    dir = directory_of(path);
    if (!out->path || !dir) {
        free(dir);
        return fault_memory(f, "a file name", strlen(path));
    }
    out->fd = open_unnamed(dir);
    free(dir);
    if (out->fd < 0 && open_named(out) < 0) {
        fault_errno(f, errno, "cannot create");
        return fault_about(f, path);
    }
    return 0;
}

int output_open(const char *path, struct output **result, struct fault *f)
{
    struct output *out;

    *result = NULL;
    if ((!path || strcmp(path, "-") == 0) && isatty(STDOUT_FILENO)) {
        fault_set(f, FAULT_USAGE,
                  "is a terminal: not writing binary data to it (use -o or a pipe)");
        return fault_about(f, "standard output");
    }
    out = calloc(1, sizeof(*out));
    if (!out)
        return fault_memory(f, "an output", sizeof(*out));
    out->fd = STDOUT_FILENO;
    if (path && strcmp(path, "-") != 0 && open_file(out, path, f) < 0) {
        output_discard(out);
        return f->code;
    }
    *result = out;
    return 0;
}

int output_fd(const struct output *out)
{
    return out->fd;
}

const char *output_name(const struct output *out)
{
    return out->path ? out->path : "standard output";
}

/* Give an unnamed file a name beside its path. */
static int name_temporary(struct output *out)
{
    size_t room = strlen(out->path) + 32;
    char link[32];

    out->temporary = malloc(room);
    if (!out->temporary)
        return -1;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", out->fd);
    for (unsigned try = 0; try < 100; try++) {
        snprintf(out->temporary, room, "%s.%ld.%u", out->path, (long)getpid(), try);
        if (linkat(AT_FDCWD, link, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW) == 0) {
            guard_temporary(out->temporary);
            return 0;
        }
        if (errno != EEXIST)
            break;
    }
    free(out->temporary);
    out->temporary = NULL;
    return -1;
}

/* The rename lasts only once the directory is synced as well; a file system that cannot sync a
 * directory has nothing to add. */
static void sync_directory(const char *path)
{
    char *dir = directory_of(path);
    int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(dir);
}

int output_commit(struct output *out, struct fault *f)
{
    int code = 0;

    if (out->path) {
        if (fsync(out->fd) < 0 || (!out->temporary && name_temporary(out) < 0) ||
            rename(out->temporary, out->path) < 0) {
            code = fault_errno(f, errno, "cannot put the finished file in place");
            fault_about(f, out->path);
        } else {
            doomed = NULL;
            free(out->temporary);
            out->temporary = NULL;
            sync_directory(out->path);
        }
    } else if (close(out->fd) < 0) {
        code = fault_errno(f, errno, "write failed");
        fault_about(f, output_name(out));
    }
    output_discard(out);
    return code;
}

void output_discard(struct output *out)
{
    if (!out)
        return;
    if (out->temporary) {
        unlink(out->temporary);
        doomed = NULL;
        free(out->temporary);
    }
    if (out->path && out->fd >= 0)
        close(out->fd);
    free(out->path);
    free(out);
}
