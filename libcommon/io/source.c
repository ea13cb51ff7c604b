/* SPDX-License-Identifier: MIT */
/* The gates of every source: arguments checked on the way in, answers on the way out. */
#include "io/source.h"

#include "base/checked.h"

int source_require(struct source *s, uint64_t offset, uint64_t length, const char *what,
                   struct fault *f)
{
    uint64_t end;

    if (!add_u64(offset, length, &end))
        return fault_set(f, FAULT_DAMAGED, "%s: %llu bytes at offset %llu wrap past 2^64", what,
                         ull(length), ull(offset));
    if (s->ops->advance && s->ops->advance(s, end, f) < 0)
        return f->code;
    if (s->size != SIZE_UNKNOWN && end > s->size)
        return fault_set(f, FAULT_DAMAGED,
                         "%s needs bytes %llu to %llu, but the input ends at %llu", what,
                         ull(offset), ull(end), ull(s->size));
    return 0;
}

int source_map(struct source *s, uint64_t offset, uint64_t length, struct extent *out,
               struct fault *f)
{
    int code;

    if (length == 0)
        return fault_set(f, FAULT_SYSTEM, "asked to map no bytes at offset %llu", ull(offset));
    code = source_require(s, offset, length, "a read", f);
    if (code < 0)
        return code;
    code = s->ops->map(s, offset, length, out, f);
    if (code == 0 && (out->length == 0 || out->length > length))
        return fault_set(f, FAULT_SYSTEM, "a layer mapped %llu bytes at offset %llu as %llu",
                         ull(length), ull(offset), ull(out->length));
    return code;
}

int source_size(struct source *s, uint64_t *size, struct fault *f)
{
    if (s->size == SIZE_UNKNOWN && s->ops->advance && s->ops->advance(s, SIZE_UNKNOWN, f) < 0)
        return f->code;
    if (s->size == SIZE_UNKNOWN)
        return fault_set(f, FAULT_SYSTEM, "its size is not known: it was closed before its end");
    *size = s->size;
    return 0;
}

void source_keep_only(struct source *s, const struct source_filter *filter)
{
    if (s->ops->keep_only)
        s->ops->keep_only(s, filter);
}

void source_close(struct source *s)
{
    if (s)
        s->ops->close(s);
}
