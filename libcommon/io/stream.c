/* SPDX-License-Identifier: MIT */
/* A descriptor read forward only, through a buffer. */
#include "io/stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"

struct stream {
    int fd; /* -1: memory */
    const char *name;
    const uint8_t *bytes; /* what is at hand: the buffer, or the caller's memory */
    size_t start;         /* [start, end) of bytes is not yet taken */
    size_t end;
    uint64_t taken;
    bool ended;      /* no more will come */
    uint8_t *buffer; /* STREAM_BUFFER bytes; NULL for memory */
};

int stream_open(int fd, const char *name, struct stream **out, struct fault *f)
{
    struct stream *s = calloc(1, sizeof(*s));

    if (s)
        s->buffer = malloc(STREAM_BUFFER);
    if (!s || !s->buffer) {
        free(s);
        return fault_memory(f, "an input buffer", STREAM_BUFFER);
    }
    s->fd = fd;
    s->name = name;
    s->bytes = s->buffer;
    *out = s;
    return 0;
}

int stream_open_memory(const void *data, size_t len, const char *name, struct stream **out,
                       struct fault *f)
{
    struct stream *s = calloc(1, sizeof(*s));

    if (!s)
        return fault_memory(f, "a stream", sizeof(*s));
    *s = (struct stream){.fd = -1, .name = name, .bytes = data, .end = len, .ended = true};
    *out = s;
    return 0;
}

/* One read of up to `room` bytes; 0 in *got is the end. */
static int read_some(struct stream *s, uint8_t *to, size_t room, size_t *got, struct fault *f)
{
    ssize_t n;

    do
        n = read(s->fd, to, room);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        fault_errno(f, errno, "cannot read at offset %llu", (unsigned long long)s->taken);
        return fault_about(f, s->name);
    }
    s->ended = n == 0;
    *got = (size_t)n;
    return 0;
}

int stream_peek(struct stream *s, size_t want, const uint8_t **bytes, size_t *got, struct fault *f)
{
    size_t n = 0;

    if (want > STREAM_BUFFER)
        return fault_set(f, FAULT_SYSTEM, "asked to look %zu bytes ahead", want);
    while (s->end - s->start < want && !s->ended) {
        if (STREAM_BUFFER - s->start < want) {
            memmove(s->buffer, s->buffer + s->start, s->end - s->start);
            s->end -= s->start;
            s->start = 0;
        }
        if (read_some(s, s->buffer + s->end, STREAM_BUFFER - s->end, &n, f) < 0)
            return f->code;
        s->end += n;
    }
    *bytes = s->bytes + s->start;
    *got = s->end - s->start;
    return 0;
}

void stream_take(struct stream *s, size_t n)
{
    s->start += n;
    s->taken += n;
    if (s->buffer && s->start == s->end)
        s->start = s->end = 0;
}

int stream_read(struct stream *s, void *buffer, size_t len, struct fault *f)
{
    uint8_t *to = buffer;

    while (len) {
        const uint8_t *bytes;
        size_t got;

        if (stream_peek(s, 1, &bytes, &got, f) < 0)
            return f->code;
        if (got == 0)
            return fault_set(f, FAULT_DAMAGED,
                             "ends at offset %llu, where %zu more bytes should be",
                             (unsigned long long)s->taken, len);
        got = min_u64(got, len);
        memcpy(to, bytes, got);
        stream_take(s, got);
        to += got;
        len -= got;
    }
    return 0;
}

uint64_t stream_offset(const struct stream *s)
{
    return s->taken;
}

void stream_close(struct stream *s)
{
    if (!s)
        return;
    free(s->buffer);
    free(s);
}
