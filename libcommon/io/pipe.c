/* SPDX-License-Identifier: MIT */
/* The source that is a pipe: read as far as it is asked about, kept in an unlinked file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/checked.h"
#include "io/source.h"
#include "io/zeros.h"

enum { PIPE_BUFFER = 1 << 18 };

/* Bytes that were read and not kept. */
struct dropped {
    uint64_t start, end;
};

struct pipe_source {
    struct source base;
    int fd; /* the pipe; -1 once its end was met */
    char *name;
    struct source *kept; /* a file source over the spool, which grows */
    int spool;           /* its descriptor, owned by kept */
    uint64_t read_to;    /* bytes taken from the pipe, and kept but for those dropped */
    const struct source_filter *filter; /* borrowed, or NULL: everything is wanted */
    struct dropped *dropped;            /* in order, none touching the next */
    size_t dropped_count;
    size_t dropped_room;
    bool draining;   /* bytes are no longer kept */
    bool asking;     /* the filter is being asked, for which there is nothing more to read */
    uint8_t *buffer; /* PIPE_BUFFER bytes */
};

static int open_spool(struct fault *f)
{
    const char *dir = getenv("TMPDIR");
    char path[PATH_MAX];
    int fd;

    if (!dir || dir[0] == '\0')
        dir = "/var/tmp"; /* not /tmp: often memory, and this may be a whole disk */
    if (snprintf(path, sizeof(path), "%s/engram-tools.XXXXXX", dir) >= (int)sizeof(path))
        return fault_set(f, FAULT_SYSTEM, "TMPDIR is longer than %d bytes", PATH_MAX);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        fault_errno(f, errno, "cannot create a temporary file");
        return fault_about(f, dir);
    }
    unlink(path);
    return fd;
}

static void close_pipe(struct pipe_source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* Read from the pipe until the buffer is full or the pipe ends; *got is how much came. */
static int fill(struct pipe_source *s, uint8_t *buffer, size_t want, size_t *got, struct fault *f)
{
    *got = 0;
    while (*got < want && s->fd >= 0) {
        ssize_t n = read(s->fd, buffer + *got, want - *got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fault_errno(f, errno, "cannot read at offset %llu",
                        (unsigned long long)(s->read_to + *got));
            return fault_about(f, s->name);
        }
        if (n == 0) {
            close_pipe(s);
            s->base.size = s->read_to + *got;
        }
        *got += (size_t)n;
    }
    return 0;
}

static int keep(struct pipe_source *s, const uint8_t *bytes, size_t len, uint64_t at,
                struct fault *f)
{
    while (len) {
        ssize_t n = pwrite(s->spool, bytes, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fault_errno(f, errno, "cannot keep the input in a temporary file");
            return fault_about(f, s->name);
        }
        bytes += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

static int keep_sparse(struct pipe_source *s, size_t len, struct fault *f)
{
    for (size_t done = 0; done < len;) {
        bool zero;
        size_t run = zeros_run(s->buffer + done, len - done, &zero);

        if (!zero && keep(s, s->buffer + done, run, s->read_to + done, f) < 0)
            return f->code;
        done += run;
    }
    s->read_to += len;
    return 0;
}

static int drop(struct pipe_source *s, size_t len, struct fault *f)
{
    struct dropped *last = s->dropped_count ? &s->dropped[s->dropped_count - 1] : NULL;
    struct dropped *grown;

    if (last && last->end == s->read_to) {
        last->end += len;
    } else {
        grown = array_grow(s->dropped, s->dropped_count, &s->dropped_room, sizeof(*grown),
                           "what was not kept", f);
        if (!grown)
            return f->code;
        s->dropped = grown;
        grown[s->dropped_count++] = (struct dropped){.start = s->read_to, .end = s->read_to + len};
    }
    s->read_to += len;
    return 0;
}

/* Is what comes next wanted, and for how many bytes?  If it is not, and nothing after it is, the
 * pipe's writer need not write it: *run is 0. */
static bool ask_filter(struct pipe_source *s, uint64_t *run)
{
    uint64_t rest = SIZE_UNKNOWN - s->read_to;
    bool wanted = true;

    *run = rest;
    s->asking = true;
    if (s->filter)
        wanted = s->filter->wanted(s->filter->context, s->read_to, rest, run);
    s->asking = false;
    if (!wanted && *run == rest)
        *run = 0;
    return wanted;
}

/* Read on to `end`, or until nothing more is wanted. */
static int read_on(struct pipe_source *s, uint64_t end, struct fault *f)
{
    while (s->fd >= 0) {
        uint64_t run;
        bool wanted = ask_filter(s, &run);
        size_t got;

        if (run == 0)
            close_pipe(s);
        if (run == 0 || s->read_to >= end)
            break;
        run = min_u64(run, min_u64(PIPE_BUFFER, end - s->read_to));
        if (fill(s, s->buffer, run, &got, f) < 0 ||
            (wanted ? keep_sparse(s, got, f) : drop(s, got, f)) < 0)
            return f->code;
    }
    return 0;
}

static int pipe_advance(struct source *base, uint64_t end, struct fault *f)
{
    struct pipe_source *s = (struct pipe_source *)base;

    if (s->read_to >= end || s->fd < 0)
        return 0;
    if (s->asking)
        return fault_set(f, FAULT_SYSTEM, "asked for offset %llu while the pipe stands at %llu",
                         (unsigned long long)end, (unsigned long long)s->read_to);
    if (s->draining)
        return fault_set(f, FAULT_SYSTEM, "asked for offset %llu after the pipe was passed on",
                         (unsigned long long)end);
    return read_on(s, end, f);
}

static void pipe_keep_only(struct source *base, const struct source_filter *filter)
{
    struct pipe_source *s = (struct pipe_source *)base;

    s->filter = filter;
}

/* The first dropped bytes that end after offset, or NULL. */
static const struct dropped *find_dropped(const struct pipe_source *s, uint64_t offset)
{
    size_t low = 0, high = s->dropped_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->dropped[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->dropped_count ? &s->dropped[low] : NULL;
}

/* How many of the length bytes from offset on were kept. */
static int check_kept(const struct pipe_source *s, uint64_t offset, uint64_t *length,
                      struct fault *f)
{
    const struct dropped *d = find_dropped(s, offset);

    if (!range_within(offset, *length, s->read_to) || (d && d->start <= offset))
        return fault_set(f, FAULT_DAMAGED,
                         "byte %llu of the pipe is needed, but it was not kept: what was read "
                         "before says that it is not in use",
                         (unsigned long long)offset);
    if (d)
        *length = min_u64(*length, d->start - offset);
    return 0;
}

/* The spool's own file source was made while it was empty: tell it how long it is by now.  Only
 * its length is stale; the bytes before it do not change any more. */
static int pipe_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                    struct fault *f)
{
    struct pipe_source *s = (struct pipe_source *)base;

    if (check_kept(s, offset, &length, f) < 0)
        return f->code;
    if (s->kept->size < s->read_to) {
        if (ftruncate(s->spool, (off_t)s->read_to) < 0) {
            fault_errno(f, errno, "cannot extend the temporary file");
            return fault_about(f, s->name);
        }
        s->kept->size = s->read_to;
    }
    return source_map(s->kept, offset, length, out, f);
}

static void pipe_close(struct source *base)
{
    struct pipe_source *s = (struct pipe_source *)base;

    source_close(s->kept);
    close_pipe(s);
    free(s->dropped);
    free(s->buffer);
    free(s->name);
    free(s);
}

static const struct source_ops pipe_ops = {
    .map = pipe_map,
    .advance = pipe_advance,
    .keep_only = pipe_keep_only,
    .close = pipe_close,
};

int source_from_pipe(int fd, const char *name, struct source **out, struct fault *f)
{
    struct pipe_source *s = calloc(1, sizeof(*s));

    if (!s) {
        close(fd);
        return fault_memory(f, "a pipe source", sizeof(*s));
    }
    s->base = (struct source){.ops = &pipe_ops, .size = SIZE_UNKNOWN, .kept = true};
    s->fd = fd;
    s->name = strdup(name);
    s->buffer = malloc(PIPE_BUFFER);
    s->base.name = s->name;
    if (!s->name || !s->buffer) {
        fault_memory(f, "a pipe buffer", PIPE_BUFFER);
        goto fail;
    }
    s->spool = open_spool(f);
    if (s->spool < 0 || source_from_fd(s->spool, name, &s->kept, f) < 0)
        goto fail;
    *out = &s->base;
    return 0;
fail:
    pipe_close(&s->base);
    return f->code;
}

int source_pipe_drain(struct source *base, uint64_t offset, void *buffer, size_t length,
                      size_t *got, struct fault *f)
{
    struct pipe_source *s = (struct pipe_source *)base;

    if (offset != s->read_to)
        return fault_set(f, FAULT_SYSTEM,
                         "asked to pass a pipe on from offset %llu, it stands at %llu",
                         (unsigned long long)offset, (unsigned long long)s->read_to);
    s->draining = true;
    if (fill(s, buffer, length, got, f) < 0)
        return f->code;
    s->read_to += *got;
    return 0;
}

bool source_is_pipe(const struct source *s)
{
    return s->ops == &pipe_ops;
}

uint64_t source_pipe_kept(const struct source *s)
{
    return source_is_pipe(s) ? ((const struct pipe_source *)s)->read_to : 0;
}
