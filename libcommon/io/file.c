/* SPDX-License-Identifier: MIT */
/* The source that is a host file: it maps to itself, its holes found with SEEK_DATA. */
#include <errno.h>
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

/* Where the next byte of a kind is from offset on; the file's end if there is none.  A file that
 * has shrunk since it was opened has no zeros there, it has nothing: that is damage. */
static int seek_or_end(struct file_source *s, uint64_t offset, int whence, uint64_t *at,
                       struct fault *f)
{
    off_t found = lseek(s->host.fd, (off_t)offset, whence);
    off_t end;

    *at = found >= 0 ? min_u64((uint64_t)found, s->base.size) : s->base.size;
    if (found >= 0)
        return 0;
    if (errno != ENXIO) {
        s->knows_holes = false;
        return 0;
    }
    end = lseek(s->host.fd, 0, SEEK_END);
    if (end < 0 || (uint64_t)end < s->base.size) {
        fault_set(f, FAULT_DAMAGED, "has shrunk from %llu to %lld bytes while it was read",
                  (unsigned long long)s->base.size, (long long)end);
        return fault_about(f, s->host.name);
    }
    return 0;
}

static int find_run(struct file_source *s, uint64_t offset, struct fault *f)
{
    uint64_t data;

    s->run_end = s->run_start = offset; /* empty, should this fail */
    if (seek_or_end(s, offset, SEEK_DATA, &data, f) < 0)
        return f->code;
    s->run_is_hole = s->knows_holes && data > offset;
    if (s->run_is_hole)
        s->run_end = data;
    else if (seek_or_end(s, offset, SEEK_HOLE, &s->run_end, f) < 0)
        return f->code;
    if (!s->knows_holes) { /* also when it turned out just now */
        s->run_is_hole = false;
        s->run_end = s->base.size;
    }
    return 0;
}

static int file_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                    struct fault *f)
{
    struct file_source *s = (struct file_source *)base;

    if ((offset < s->run_start || offset >= s->run_end) && find_run(s, offset, f) < 0)
        return f->code;
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
