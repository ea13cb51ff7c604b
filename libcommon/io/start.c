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

int source_open_stdin(struct source **out, struct fault *f)
{
    static const char name[] = "standard input";
    struct stat st;
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

    if (fd < 0 || fstat(fd, &st) < 0) {
        fault_errno(f, errno, "cannot open");
        if (fd >= 0)
            close(fd);
        return fault_about(f, name);
    }
    if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
        return source_from_fd(fd, name, out, f);
    return source_from_pipe(fd, name, out, f);
}
