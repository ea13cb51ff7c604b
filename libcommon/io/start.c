/* SPDX-License-Identifier: MIT */
/* How a command's input starts: standard input as a source, and the first bytes of one. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "io/extent.h"
#include "io/source.h"

int source_head(struct source *s, void *buffer, size_t length, size_t *got, struct fault *f)
{
    if (s->ops->advance && s->ops->advance(s, length, f) < 0)
        return f->code;
    *got = min_u64(length, s->size);
    return source_read_plain(s, 0, buffer, *got, f);
}

/* What can seek becomes a file source; a fifo, a socket or a terminal is read as a pipe. */
static int open_by_kind(int fd, const char *name, struct source **out, struct fault *f)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        fault_errno(f, errno, "cannot stat");
        close(fd);
        return fault_about(f, name);
    }
    if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode))
        return source_from_pipe(fd, name, out, f);
    return source_from_fd(fd, name, out, f);
}

static int cannot_open(const char *name, struct fault *f)
{
    fault_errno(f, errno, "cannot open");
    return fault_about(f, name);
}

int source_open_stdin(struct source **out, struct fault *f)
{
    static const char name[] = "standard input";
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    off_t start;

    if (fd < 0)
        return cannot_open(name, f);
    /* Whoever had the descriptor before may have read the start of the file. */
    start = lseek(fd, 0, SEEK_CUR);
    if (open_by_kind(fd, name, out, f) < 0)
        return f->code;
    if (start <= 0 || source_is_pipe(*out))
        return 0;
    return source_slice(*out, (uint64_t)start,
                        (*out)->size - min_u64((uint64_t)start, (*out)->size), out, f);
}

int source_open_path(const char *path, struct source **out, struct fault *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? cannot_open(path, f) : open_by_kind(fd, path, out, f);
}
