/* SPDX-License-Identifier: MIT */
/* Where moved bytes go: a pipe, a sparse file, or a callback. */
#include "io/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"

enum { SINK_BUFFER = 1 << 17, ZERO_BYTES = 1 << 16 };

static const uint8_t zeros[ZERO_BYTES];

/* A descriptor if callbacks.data is NULL, else a callback. */
struct sink {
    int fd;
    const char *name;
    bool sparse;
    uint64_t position; /* sparse: where the next byte goes, holes included */
    bool hole_pending; /* sparse: the descriptor's own position lags behind */
    struct sink_callbacks callbacks;
    void *context;
    size_t buffered;
    uint8_t *buffer; /* SINK_BUFFER bytes */
};

static int failed(struct sink *s, struct fault *f)
{
    fault_errno(f, errno, "write failed");
    return fault_about(f, s->name);
}

static int write_all(struct sink *s, const uint8_t *bytes, size_t len, struct fault *f)
{
    if (s->hole_pending) {
        if (lseek(s->fd, (off_t)s->position, SEEK_SET) < 0)
            return failed(s, f);
        s->hole_pending = false;
    }
    s->position += len;
    while (len) {
        ssize_t n = write(s->fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(s, f);
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static int flush(struct sink *s, struct fault *f)
{
    size_t n = s->buffered;

    s->buffered = 0;
    return n ? write_all(s, s->buffer, n, f) : 0;
}

static int sink_new(struct sink **out, bool with_buffer, struct fault *f)
{
    struct sink *s = calloc(1, sizeof(*s));

    if (s && with_buffer)
        s->buffer = malloc(SINK_BUFFER);
    if (!s || (with_buffer && !s->buffer)) {
        free(s);
        return fault_memory(f, "an output buffer", SINK_BUFFER);
    }
    *out = s;
    return 0;
}

int sink_to_pipe(int fd, const char *name, struct sink **out, struct fault *f)
{
    if (sink_new(out, true, f) < 0)
        return f->code;
    (*out)->fd = fd;
    (*out)->name = name;
    return 0;
}

int sink_to_sparse_file(int fd, const char *name, struct sink **out, struct fault *f)
{
    off_t position = lseek(fd, 0, SEEK_CUR);

    if (position < 0) {
        fault_errno(f, errno, "cannot seek");
        return fault_about(f, name);
    }
    if (sink_to_pipe(fd, name, out, f) < 0)
        return f->code;
    (*out)->sparse = true;
    (*out)->position = (uint64_t)position;
    return 0;
}

int sink_to_fd(int fd, const char *name, struct sink **out, struct fault *f)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flags >= 0 && !(flags & O_APPEND) &&
        lseek(fd, 0, SEEK_CUR) >= st.st_size)
        return sink_to_sparse_file(fd, name, out, f);
    return sink_to_pipe(fd, name, out, f);
}

int sink_to_callback(const struct sink_callbacks *callbacks, void *context, struct sink **out,
                     struct fault *f)
{
    if (sink_new(out, false, f) < 0)
        return f->code;
    (*out)->callbacks = *callbacks;
    (*out)->context = context;
    return 0;
}

static int swallow(void *context, const void *bytes, size_t length, struct fault *f)
{
    (void)context, (void)bytes, (void)length, (void)f;
    return 0;
}

static int swallow_hole(void *context, uint64_t length, struct fault *f)
{
    (void)context, (void)length, (void)f;
    return 0;
}

int sink_to_nowhere(struct sink **out, struct fault *f)
{
    static const struct sink_callbacks callbacks = {swallow, swallow_hole};

    return sink_to_callback(&callbacks, NULL, out, f);
}

int sink_data(struct sink *s, const void *bytes, size_t len, struct fault *f)
{
    if (len == 0) /* bytes may then be NULL */
        return 0;
    if (s->callbacks.data)
        return s->callbacks.data(s->context, bytes, len, f);
    if (len > SINK_BUFFER - s->buffered && flush(s, f) < 0)
        return f->code;
    if (len >= SINK_BUFFER)
        return write_all(s, bytes, len, f);
    memcpy(s->buffer + s->buffered, bytes, len);
    s->buffered += len;
    return 0;
}

static int give_zeros(struct sink *s, uint64_t length, struct fault *f)
{
    while (length) {
        size_t n = min_u64(length, ZERO_BYTES);

        if (sink_data(s, zeros, n, f) < 0)
            return f->code;
        length -= n;
    }
    return 0;
}

int sink_hole(struct sink *s, uint64_t length, struct fault *f)
{
    if (s->callbacks.hole)
        return s->callbacks.hole(s->context, length, f);
    if (!s->sparse)
        return give_zeros(s, length, f);
    if (flush(s, f) < 0)
        return f->code;
    s->position += length;
    s->hole_pending = true;
    return 0;
}

bool sink_keeps_holes(const struct sink *s)
{
    return s->sparse || s->callbacks.hole;
}

int sink_finish(struct sink *s, struct fault *f)
{
    if (s->callbacks.data)
        return 0;
    if (flush(s, f) < 0)
        return f->code;
    if (s->hole_pending) {
        if (ftruncate(s->fd, (off_t)s->position) < 0 ||
            lseek(s->fd, (off_t)s->position, SEEK_SET) < 0)
            return failed(s, f);
        s->hole_pending = false;
    }
    return 0;
}

void sink_close(struct sink *s)
{
    if (!s)
        return;
    free(s->buffer);
    free(s);
}
