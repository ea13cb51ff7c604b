/* SPDX-License-Identifier: MIT */
/* Gathers entries into leaves of an engram's index. */
#include "engram/leafwriter.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "engram/frame.h"

/*
 * A leaf is closed once it has this much: small enough that finding one path in a large tree
 * decodes little, large enough to compress well.
 */
enum { LEAF_TARGET = 256 << 10 };

static const struct frame_settings leaf_settings = {.level = 6, .window_bytes = 1 << 22};

struct buffer {
    uint8_t *bytes;
    size_t length;
    size_t room;
};

struct leafwriter {
    struct frame_packer *packer;
    struct buffer open;   /* the leaf that is being filled */
    uint32_t entries;     /* in it */
    struct buffer stored; /* the closed ones, as they will be written */
    struct layout_leaf *rows;
    size_t row_count, row_room;
};

int leafwriter_open(struct leafwriter **out, struct fault *f)
{
    struct leafwriter *w = calloc(1, sizeof(*w));

    if (!w)
        return fault_memory(f, "the index", sizeof(*w));
    if (frame_packer_open(&w->packer, f) < 0) {
        free(w);
        return f->code;
    }
    *out = w;
    return 0;
}

/* Room for `more` bytes at the end. */
static int make_room(struct buffer *b, size_t more, struct fault *f)
{
    size_t room = b->room ? b->room : LEAF_TARGET;
    uint8_t *bytes;

    while (room - b->length < more)
        room += room / 2;
    if (room == b->room)
        return 0;
    bytes = realloc(b->bytes, room);
    if (!bytes)
        return fault_memory(f, "the index", room);
    b->bytes = bytes;
    b->room = room;
    return 0;
}

static void append(struct buffer *b, const void *bytes, size_t length)
{
    if (length)
        memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
}

static void append_le32(struct buffer *b, uint32_t v)
{
    put_le32(b->bytes + b->length, v);
    b->length += 4;
}

static int add_row(struct leafwriter *w, const struct layout_leaf *row, struct fault *f)
{
    struct layout_leaf *rows =
        array_grow(w->rows, w->row_count, &w->row_room, sizeof(*rows), "the list of leaves", f);

    if (!rows)
        return f->code;
    w->rows = rows;
    w->rows[w->row_count++] = *row;
    return 0;
}

static int close_leaf(struct leafwriter *w, struct fault *f)
{
    struct buffer *to = &w->stored;
    struct layout_leaf row = {.unpacked = (uint32_t)w->open.length, .entries = w->entries};
    uint8_t *frame;
    size_t packed;

    if (make_room(to, LAYOUT_FRAME_BYTES + frame_bound(w->open.length), f) < 0)
        return f->code;
    frame = to->bytes + to->length;
    if (frame_pack(w->packer, &leaf_settings, w->open.bytes, w->open.length,
                   frame + LAYOUT_FRAME_BYTES, &packed, f) < 0)
        return f->code;
    layout_put_frame(frame, LAYOUT_LEAF, (uint32_t)packed);
    row.stored = (uint32_t)(LAYOUT_FRAME_BYTES + packed);
    sha256_of(frame, row.stored, row.sha256);
    to->length += row.stored;
    w->open.length = 0;
    w->entries = 0;
    return add_row(w, &row, f);
}

static int check_length(size_t length, struct fault *f)
{
    if (length <= LAYOUT_LEAF_MAX)
        return 0;
    return fault_set(f, FAULT_UNSUPPORTED,
                     "an entry of %zu bytes is too large for a leaf of the index (%d at most)",
                     length, LAYOUT_LEAF_MAX);
}

int leafwriter_check(size_t record_length, size_t run_count, struct fault *f)
{
    return check_length(8 + record_length + run_count * 8, f);
}

int leafwriter_add(struct leafwriter *w, const struct leaf_entry *e, struct fault *f)
{
    size_t length =
        8 + e->record_length + e->run_count * 8 + (e->sha256 ? (size_t)SHA256_BYTES : 0);

    if (check_length(length, f) < 0)
        return f->code;
    if (w->entries && length > LAYOUT_LEAF_SHARED - w->open.length && close_leaf(w, f) < 0)
        return f->code;
    if (make_room(&w->open, length, f) < 0)
        return f->code;
    append_le32(&w->open, (uint32_t)e->record_length);
    append_le32(&w->open, (uint32_t)e->run_count);
    append(&w->open, e->record, e->record_length);
    for (size_t i = 0; i < e->run_count; i++) {
        append_le32(&w->open, e->runs[i].first);
        append_le32(&w->open, e->runs[i].count);
    }
    if (e->sha256)
        append(&w->open, e->sha256, SHA256_BYTES);
    w->entries++;
    return w->open.length >= LEAF_TARGET ? close_leaf(w, f) : 0;
}

int leafwriter_finish(struct leafwriter *w, struct sink *to, struct fault *f)
{
    if (w->entries && close_leaf(w, f) < 0)
        return f->code;
    return sink_data(to, w->stored.bytes, w->stored.length, f);
}

const struct layout_leaf *leafwriter_rows(const struct leafwriter *w, uint32_t *count)
{
    *count = (uint32_t)w->row_count;
    return w->rows;
}

uint64_t leafwriter_bytes(const struct leafwriter *w)
{
    return w->stored.length;
}

void leafwriter_close(struct leafwriter *w)
{
    if (!w)
        return;
    frame_packer_close(w->packer);
    free(w->open.bytes);
    free(w->stored.bytes);
    free(w->rows);
    free(w);
}
