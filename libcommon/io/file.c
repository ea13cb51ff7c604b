/* SPDX-License-Identifier: MIT */
/* The source that is a host file: it maps to itself, its holes found with SEEK_DATA. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/checked.h"
#include "io/source.h"

struct file_source {
    struct source base;
    struct hostfile host;
    bool knows_holes; /* until SEEK_DATA fails */
    /* The last answer of SEEK_DATA and SEEK_HOLE: [run_start, run_end) is of one kind. */
    uint64_t run_start;
    uint64_t run_end;
    bool run_is_hole;
};

/* Where the next byte of a kind is from offset on; the file's end if there is none. */
static uint64_t seek_or_end(struct file_source *s, uint64_t offset, int whence)
{
    off_t found = lseek(s->host.fd, (off_t)offset, whence);

    if (found >= 0)
        return min_u64((uint64_t)found, s->base.size);
    if (errno != ENXIO)
        s->knows_holes = false;
    return s->base.size;
}

static void find_run(struct file_source *s, uint64_t offset)
{
    uint64_t data = seek_or_end(s, offset, SEEK_DATA);

    s->run_start = offset;
    s->run_is_hole = s->knows_holes && data > offset;
    s->run_end = s->run_is_hole ? data : seek_or_end(s, offset, SEEK_HOLE);
    if (!s->knows_holes) { /* also when it turned out just now */
        s->run_is_hole = false;
        s->run_end = s->base.size;
    }
}

static int file_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                    struct fault *f)
{
    struct file_source *s = (struct file_source *)base;

    (void)f;
    if (offset < s->run_start || offset >= s->run_end)
        find_run(s, offset);
    *out = (struct extent){
        .kind = s->run_is_hole ? EXTENT_HOLE : EXTENT_FILE,
        .length = min_u64(length, s->run_end - offset),
    };
    if (!s->run_is_hole) {
        out->file.host = &s->host;
        out->file.offset = offset;
    }
    return 0;
}

static void file_close(struct source *base)
{
    struct file_source *s = (struct file_source *)base;

    hostfile_release(&s->host);
    free(s);
}

static const struct source_ops file_ops = {.map = file_map, .close = file_close};

int source_from_fd(int fd, const char *name, struct source **out, struct fault *f)
{
    struct file_source *s = calloc(1, sizeof(*s));
    int code;

    if (!s) {
        close(fd);
        return fault_memory(f, "a file source", sizeof(*s));
    }
    code = hostfile_init(&s->host, fd, name, f);
    if (code < 0) {
        free(s);
        return code;
    }
    s->base = (struct source){.ops = &file_ops, .name = s->host.name, .size = s->host.size};
    s->knows_holes = true;
    *out = &s->base;
    return 0;
}

int source_open_file(const char *path, struct source **out, struct fault *f)
{
    /* O_NONBLOCK: a fifo in a file's place must not hang the open; it means nothing to files. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        fault_errno(f, errno, "cannot open");
        return fault_about(f, path);
    }
    return source_from_fd(fd, path, out, f);
}
