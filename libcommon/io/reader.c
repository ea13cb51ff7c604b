/* SPDX-License-Identifier: MIT */
/* Small reads at any offset of a source, through a bounded block cache. */
#include "io/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "io/extent.h"

/* A line of the cache; lines live in sets of WAYS, so that finding one needs no index. */
enum { LINE_BYTES = READER_LINE_BYTES, WAYS = 4, UNPACK_SLOTS = 4 };

struct line {
    uint64_t number; /* offset / LINE_BYTES, plus 1; 0: empty */
    uint64_t used;   /* tick of its last use */
    uint32_t valid;  /* bytes: fewer than LINE_BYTES at the source's end */
    uint8_t *data;   /* LINE_BYTES, allocated when first used */
};

struct reader {
    struct source *source; /* borrowed */
    struct unpacker *unpacker;
    struct line *lines;
    uint64_t set_count;
    uint64_t tick;
};

int reader_open(struct source *s, size_t cache_bytes, struct reader **out, struct fault *f)
{
    struct reader *r = calloc(1, sizeof(*r));
    uint64_t sets = max_u64(1, cache_bytes / LINE_BYTES / WAYS);

    if (r)
        r->lines = calloc(sets * WAYS, sizeof(*r->lines));
    if (!r || !r->lines) {
        free(r);
        return fault_memory(f, "a block cache", sets * WAYS * sizeof(*r->lines));
    }
    r->source = s;
    r->set_count = sets;
    if (unpacker_open(UNPACK_SLOTS, &r->unpacker, f) < 0) {
        reader_close(r);
        return f->code;
    }
    *out = r;
    return 0;
}

/* How much of a line the source has.  `needed` bytes from its start are known to be there; of what
 * comes as it is asked for, a pipe, no more than those are. */
static uint32_t line_length(const struct reader *r, uint64_t start, uint32_t needed)
{
    if (r->source->kept)
        return needed;
    return (uint32_t)min_u64(LINE_BYTES, r->source->size - start);
}

/* Bytes that the source is known to have. */
static int read_extents(struct reader *r, uint64_t offset, uint8_t *to, size_t length,
                        struct fault *f)
{
    struct extent e;

    for (size_t done = 0; done < length; done += e.length)
        if (source_map(r->source, offset + done, length - done, &e, f) < 0 ||
            extent_read(&e, r->unpacker, 0, to + done, e.length, f) < 0)
            return f->code;
    return 0;
}

static int fill_line(struct reader *r, struct line *l, uint64_t number, uint32_t needed,
                     struct fault *f)
{
    uint64_t start = (number - 1) * LINE_BYTES;
    uint32_t want = line_length(r, start, needed);

    l->number = 0;
    if (!l->data && !(l->data = malloc(LINE_BYTES)))
        return fault_memory(f, "a cached block", LINE_BYTES);
    if (read_extents(r, start, l->data, want, f) < 0)
        return f->code;
    l->number = number;
    l->valid = want;
    return 0;
}

/* The line that holds a byte, valid up to `needed` bytes from the line's start. */
static int get_line(struct reader *r, uint64_t number, uint32_t needed, struct line **out,
                    struct fault *f)
{
    struct line *set = &r->lines[number % r->set_count * WAYS];
    struct line *l = &set[0];

    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].number == number) {
            l = &set[i];
            break;
        }
        if (set[i].used < l->used)
            l = &set[i];
    }
    l->used = ++r->tick;
    *out = l;
    if (l->number == number && l->valid >= needed)
        return 0;
    return fill_line(r, l, number, needed, f);
}

int reader_read(struct reader *r, uint64_t offset, void *buffer, size_t length, struct fault *f)
{
    uint8_t *to = buffer;

    if (source_require(r->source, offset, length, "a read", f) < 0)
        return f->code;
    while (length) {
        uint32_t skip = (uint32_t)(offset % LINE_BYTES);
        size_t n = min_u64(length, LINE_BYTES - skip);
        struct line *l;

        if (get_line(r, offset / LINE_BYTES + 1, skip + (uint32_t)n, &l, f) < 0)
            return f->code;
        memcpy(to, l->data + skip, n);
        to += n;
        offset += n;
        length -= n;
    }
    return 0;
}

int reader_read_once(struct reader *r, uint64_t offset, void *buffer, size_t length,
                     struct fault *f)
{
    if (source_require(r->source, offset, length, "a read", f) < 0)
        return f->code;
    return read_extents(r, offset, buffer, length, f);
}

int reader_hole(struct reader *r, uint64_t offset, uint64_t length, uint64_t *zeros,
                struct fault *f)
{
    struct extent e;

    *zeros = 0;
    if (length == 0)
        return 0;
    if (source_map(r->source, offset, length, &e, f) < 0)
        return f->code;
    if (e.kind == EXTENT_HOLE)
        *zeros = e.length;
    return 0;
}

int reader_map(struct reader *r, uint64_t offset, uint64_t length, struct extent *out, bool *plain,
               struct fault *f)
{
    if (source_require(r->source, offset, length, "a read", f) < 0 ||
        source_map(r->source, offset, length, out, f) < 0)
        return f->code;
    *plain = out->length == length && out->kind != EXTENT_PACKED;
    return 0;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    for (uint64_t i = 0; i < r->set_count * WAYS; i++)
        free(r->lines[i].data);
    unpacker_close(r->unpacker);
    free(r->lines);
    free(r);
}
