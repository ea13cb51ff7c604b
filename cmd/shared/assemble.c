/* SPDX-License-Identifier: MIT */
/* Writes a disk in one go: its table, its partitions, and holes between them. */
#include "shared/assemble.h"

#include <inttypes.h>
#include <stdlib.h>

#include "io/engine.h"

/* A content of unknown length is moved as far as it goes. */
_Static_assert(PART_ANY == SIZE_UNKNOWN, "the engine takes what a plan says");

/* Something that goes to an offset of the disk: a piece of the table, or a partition. */
struct segment {
    uint64_t offset;                /* bytes */
    const struct part_piece *piece; /* NULL: a partition's content */
    const struct content *content;
    const struct part_wish *wish;
};

/* A sink on the way to another one, which counts and lets no more through than there is room for.
 */
struct counter {
    struct sink *to;
    const struct part_wish *wish;
    uint64_t room;  /* bytes */
    uint64_t count; /* bytes so far */
};

static int take(struct counter *c, uint64_t length, struct fault *f)
{
    if (length > c->room - c->count)
        return fault_set(f, FAULT_USAGE, "has more than the %" PRIu64 " bytes of partition %u",
                         c->room, c->wish->number);
    c->count += length;
    return 0;
}

static int count_data(void *context, const void *bytes, size_t len, struct fault *f)
{
    struct counter *c = context;
    int code = take(c, len, f);

    return code < 0 ? code : sink_data(c->to, bytes, len, f);
}

static int count_hole(void *context, uint64_t length, struct fault *f)
{
    struct counter *c = context;
    int code = take(c, length, f);

    return code < 0 ? code : sink_hole(c->to, length, f);
}

/* *length is how many bytes its content had. */
static int put_content(struct engine *e, const struct segment *s, uint64_t room, struct sink *to,
                       struct progress *progress, uint64_t *length, struct fault *f)
{
    static const struct sink_callbacks counting = {.data = count_data, .hole = count_hole};
    struct counter c = {.to = to, .wish = s->wish, .room = room};
    struct sink *counted;
    int code;

    if (sink_to_callback(&counting, &c, &counted, f) < 0)
        return f->code;
    code = engine_stream(e, s->content->source, 0, s->wish->content, counted, progress, f);
    sink_close(counted);
    *length = c.count;
    /* Whatever should have written it has most likely failed. */
    if (code == 0 && c.count == 0)
        code = fault_set(f, FAULT_USAGE, "is empty");
    return code < 0 ? fault_about(f, s->wish->content_name) : 0;
}

static int put_segments(struct engine *e, const struct part_plan *plan,
                        const struct segment *segments, size_t n, struct sink *to,
                        struct progress *progress, struct fault *f)
{
    uint64_t at = 0;

    for (size_t i = 0; i < n; i++) {
        const struct segment *s = &segments[i];
        uint64_t length = s->piece ? s->piece->length : 0;

        if (s->offset < at) /* never so in a plan that is laid out: nothing may be shifted */
            return fault_set(f, FAULT_SYSTEM, "offset %" PRIu64 " is written to twice", s->offset);
        if (sink_hole(to, s->offset - at, f) < 0)
            return f->code;
        if ((s->piece ? sink_data(to, s->piece->bytes, length, f)
                      : put_content(e, s, s->wish->size * plan->sector_size, to, progress, &length,
                                    f)) < 0)
            return f->code;
        at = s->offset + length;
    }
    return sink_hole(to, plan->sectors * plan->sector_size - at, f);
}

static int by_offset(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

int assemble(const struct part_plan *plan, const struct part_pieces *table,
             const struct contents *contents, struct sink *to, struct progress *progress,
             struct fault *f)
{
    size_t most = table->count + contents->count;
    struct segment *segments = calloc(most, sizeof(*segments));
    struct engine *engine = NULL;
    size_t n = 0;
    int code;

    if (!segments)
        return fault_memory(f, "a disk", most * sizeof(*segments));
    for (size_t i = 0; i < table->count; i++)
        segments[n++] =
            (struct segment){.offset = table->pieces[i].offset, .piece = &table->pieces[i]};
    for (size_t i = 0; i < contents->count; i++)
        if (contents->list[i].source)
            segments[n++] = (struct segment){
                .offset = plan->wishes[i].start * plan->sector_size,
                .content = &contents->list[i],
                .wish = &plan->wishes[i],
            };
    qsort(segments, n, sizeof(*segments), by_offset);
    code = engine_open(&engine, f);
    if (code == 0)
        code = put_segments(engine, plan, segments, n, to, progress, f);
    engine_close(engine);
    free(segments);
    return code;
}
