/* SPDX-License-Identifier: MIT */
/* Where a command's product goes: standard output, or a file that appears whole or not at all. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/guard.h"

struct output {
    int fd;
    char *path;      /* free of a last link; NULL: standard output */
    mode_t mode;     /* of the finished file */
    char *temporary; /* the name that exists beside path, NULL while there is none */
};

/* A file without a name in dir, or -1: then the portable way is taken. */
static int open_unnamed(const char *dir)
{
#if defined(O_TMPFILE) && !defined(ENGRAM_PORTABLE)
    /* It gets its name through /proc in the end: without that it would have come too far. */
    if (access("/proc/self/fd", F_OK) == 0)
        return open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return -1;
#else
    (void)dir;
    errno = ENOTSUP;
    return -1;
#endif
}

/* Room for a temporary name in the directory of path; its own name is short, so that any name that
 * the file may have leaves room for it. */
static char *temporary_name(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    char *temporary;
    int n = asprintf(&temporary, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, name);

    return n < 0 ? NULL : temporary;
}

/* A file with a name of its own, for the owner alone. */
static int open_named(struct output *out)
{
    out->temporary = temporary_name(out->path, ".engram.XXXXXX");
    if (!out->temporary)
        return -1;
    out->fd = mkostemp(out->temporary, O_CLOEXEC);
    if (out->fd < 0) {
        free(out->temporary);
        out->temporary = NULL;
        return -1;
    }
    guard_name(AT_FDCWD, out->temporary);
    return 0;
}

/* A symbolic link is written through: what it leads to is what gets replaced. */
static char *follow(const char *path, struct fault *f)
{
    struct stat st;
    char *real;

    if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
        real = strdup(path);
    else
        real = realpath(path, NULL);
    if (!real) {
        fault_errno(f, errno, "cannot follow the link");
        fault_about(f, path);
    }
    return real;
}

/* What is there already must be a file that may be written; its permissions are to stay. */
static int check_existing(struct output *out, struct fault *f)
{
    struct stat st;

    if (stat(out->path, &st) < 0)
        return 0; /* nothing there, or nothing that can be seen: creating will tell */
    if (S_ISDIR(st.st_mode))
        return fault_set(f, FAULT_USAGE, "is a directory");
    if (!S_ISREG(st.st_mode))
        return fault_set(f, FAULT_USAGE, "is not a regular file: write to it with '>'");
    if (access(out->path, W_OK) < 0)
        return fault_errno(f, errno, "cannot be written");
    out->mode = st.st_mode & 0777;
    return 0;
}

static int create(struct output *out, struct fault *f)
{
    char *dir = directory_of(out->path);

    if (!dir)
        return fault_memory(f, "a file name", strlen(out->path));
    out->fd = open_unnamed(dir);
    free(dir);
    if (out->fd < 0 && open_named(out) < 0)
        return fault_errno(f, errno, "cannot create");
    if (fchmod(out->fd, out->mode) < 0)
        return fault_errno(f, errno, "cannot set its permissions");
    return 0;
}

/* What open() would give a new file. */
static mode_t mode_of_new_file(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

static int open_file(struct output *out, const char *path, struct fault *f)
{
    out->path = follow(path, f);
    if (!out->path)
        return f->code;
    out->mode = mode_of_new_file();
    if (check_existing(out, f) < 0 || create(out, f) < 0)
        return fault_about(f, path);
    return 0;
}

int output_open(const char *path, enum output_kind kind, struct output **result, struct fault *f)
{
    struct output *out;

    *result = NULL;
    if (!path && kind == OUTPUT_BINARY && isatty(STDOUT_FILENO)) {
        fault_set(f, FAULT_USAGE,
                  "is a terminal: not writing binary data to it (use -o or a pipe)");
        return fault_about(f, "standard output");
    }
    out = calloc(1, sizeof(*out));
    if (!out)
        return fault_memory(f, "an output", sizeof(*out));
    out->fd = path ? -1 : STDOUT_FILENO;
    if (path && open_file(out, path, f) < 0) {
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
    char link[32];
    char name[48];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", out->fd);
    for (unsigned try = 0; try < 100; try++) {
        snprintf(name, sizeof(name), ".engram.%ld.%u", (long)getpid(), try);
        out->temporary = temporary_name(out->path, name);
        if (!out->temporary)
            return -1;
        if (linkat(AT_FDCWD, link, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW) == 0) {
            guard_name(AT_FDCWD, out->temporary);
            return 0;
        }
        free(out->temporary);
        out->temporary = NULL;
        if (errno != EEXIST)
            break;
    }
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
            guard_release();
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
        guard_release();
        free(out->temporary);
    }
    if (out->path && out->fd >= 0)
        close(out->fd);
    free(out->path);
    free(out);
}
