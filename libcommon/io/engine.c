/* SPDX-License-Identifier: MIT */
/* The engine: moves the bytes of a source to a sink. */
#include "io/engine.h"

#include <stdlib.h>

#include "base/checked.h"
#include "io/extent.h"
#include "io/zeros.h"

/* Bytes read at once; beside this the engine holds UNPACK_SLOTS clusters. */
enum { MOVE_BYTES = 1 << 18, UNPACK_SLOTS = 2 };

struct engine {
    struct unpacker *unpacker;
    uint8_t *buffer; /* MOVE_BYTES */
};

int engine_open(struct engine **out, struct fault *f)
{
    struct engine *e = calloc(1, sizeof(*e));

    if (e)
        e->buffer = malloc(MOVE_BYTES);
    if (!e || !e->buffer) {
        free(e);
        return fault_memory(f, "the engine", MOVE_BYTES);
    }
    if (unpacker_open(UNPACK_SLOTS, &e->unpacker, f) < 0) {
        engine_close(e);
        return f->code;
    }
    *out = e;
    return 0;
}

static void tell(struct progress *p, uint64_t bytes)
{
    if (p)
        progress_add(p, bytes);
}

static int move_through_buffer(struct engine *e, const struct extent *x, struct sink *to,
                               struct progress *progress, struct fault *f)
{
    for (uint64_t done = 0; done < x->length;) {
        size_t n = min_u64(MOVE_BYTES, x->length - done);

        if (extent_read(x, e->unpacker, done, e->buffer, n, f) < 0 ||
            sink_data(to, e->buffer, n, f) < 0)
            return f->code;
        tell(progress, n);
        done += n;
    }
    return 0;
}

static int move_extent(struct engine *e, const struct extent *x, struct sink *to,
                       struct progress *progress, struct fault *f)
{
    const uint8_t *cluster;
    int code;

    switch (x->kind) {
    case EXTENT_HOLE:
        code = sink_hole(to, x->length, f);
        break;
    case EXTENT_MEMORY:
        code = sink_data(to, x->memory, x->length, f);
        break;
    case EXTENT_PACKED:
        code = unpacker_get(e->unpacker, x, &cluster, f);
        if (code == 0)
            code = sink_data(to, cluster + x->packed.skip, x->length, f);
        break;
    default:
        return move_through_buffer(e, x, to, progress, f);
    }
    if (code == 0)
        tell(progress, x->length);
    return code;
}

int engine_move(struct engine *e, struct source *from, uint64_t offset, uint64_t length,
                struct sink *to, struct progress *progress, struct fault *f)
{
    struct extent x;

    for (; length; offset += x.length, length -= x.length)
        if (source_map(from, offset, length, &x, f) < 0 || move_extent(e, &x, to, progress, f) < 0)
            return f->code;
    return 0;
}

/* What lies between what a pipe source has kept and `offset` is read and dropped. */
static int skip_to(struct engine *e, struct source *from, uint64_t offset, struct fault *f)
{
    uint64_t at = source_pipe_kept(from);
    size_t got;

    for (; at < offset; at += got) {
        size_t want = min_u64(MOVE_BYTES, offset - at);

        if (source_pipe_drain(from, at, e->buffer, want, &got, f) < 0)
            return f->code;
        if (got == 0)
            return fault_set(f, FAULT_DAMAGED,
                             "the input ends at %llu, before offset %llu where the data starts",
                             (unsigned long long)at, (unsigned long long)offset);
    }
    return 0;
}

/* What came through a pipe has no holes left: where they are worth it, they are found again. */
static int give(struct engine *e, size_t len, struct sink *to, struct fault *f)
{
    bool zero = false;
    size_t run;

    if (!sink_keeps_holes(to))
        return sink_data(to, e->buffer, len, f);
    for (size_t done = 0; done < len; done += run) {
        run = zeros_run(e->buffer + done, len - done, &zero);
        if ((zero ? sink_hole(to, run, f) : sink_data(to, e->buffer + done, run, f)) < 0)
            return f->code;
    }
    return 0;
}

static int pass_on(struct engine *e, struct source *from, uint64_t offset, uint64_t length,
                   struct sink *to, struct progress *progress, struct fault *f)
{
    uint64_t end = length == SIZE_UNKNOWN ? SIZE_UNKNOWN : offset + length;
    size_t got;

    for (; offset < end; offset += got) {
        size_t want = min_u64(MOVE_BYTES, end - offset);

        if (source_pipe_drain(from, offset, e->buffer, want, &got, f) < 0)
            return f->code;
        if (got == 0)
            return end == SIZE_UNKNOWN
                       ? 0
                       : fault_set(f, FAULT_DAMAGED,
                                   "the input ends at %llu, %llu bytes before the end of the data",
                                   (unsigned long long)offset, (unsigned long long)(end - offset));
        if (give(e, got, to, f) < 0)
            return f->code;
        tell(progress, got);
    }
    return 0;
}

int engine_stream(struct engine *e, struct source *from, uint64_t offset, uint64_t length,
                  struct sink *to, struct progress *progress, struct fault *f)
{
    uint64_t kept = source_pipe_kept(from);
    uint64_t from_kept;
    uint64_t size;

    if (!source_is_pipe(from)) {
        if (source_size(from, &size, f) < 0)
            return f->code;
        if (length == SIZE_UNKNOWN)
            length = size - min_u64(offset, size);
        return engine_move(e, from, offset, length, to, progress, f);
    }
    from_kept = offset < kept ? min_u64(length, kept - offset) : 0;
    if (engine_move(e, from, offset, from_kept, to, progress, f) < 0 ||
        skip_to(e, from, offset, f) < 0)
        return f->code;
    if (length != SIZE_UNKNOWN)
        length -= from_kept;
    return pass_on(e, from, offset + from_kept, length, to, progress, f);
}

void engine_close(struct engine *e)
{
    if (!e)
        return;
    unpacker_close(e->unpacker);
    free(e->buffer);
    free(e);
}
