/* SPDX-License-Identifier: MIT */
/* Decodes a block of an engram from its start as far as it is wanted, and on from there. */
#include "engram/blockpart.h"

#include <stdlib.h>

#include "base/checked.h"
#include "engram/frame.h"

enum { PIECE_BYTES = 1 << 16 };

struct blockpart {
    struct frame_stream *stream;
    uint64_t parts; /* that were begun: the number of the last */
    struct reader *from;
    uint64_t offset; /* of the stored bytes after the piece */
    uint32_t left;   /* of them in the block */
    size_t at;       /* in the piece: what comes next of it */
    size_t length;   /* of the piece */
    uint8_t piece[PIECE_BYTES];
};

int blockpart_open(struct blockpart **out, struct fault *f)
{
    struct blockpart *p = calloc(1, sizeof(*p));

    if (!p)
        return fault_memory(f, "a decoder of blocks", sizeof(*p));
    if (frame_stream_open(&p->stream, f) < 0) {
        free(p);
        return f->code;
    }
    *out = p;
    return 0;
}

void blockpart_close(struct blockpart *p)
{
    if (p)
        frame_stream_close(p->stream);
    free(p);
}

static int read_piece(struct blockpart *p, struct fault *f)
{
    p->at = 0;
    p->length = min_u64(PIECE_BYTES, p->left);
    if (p->length == 0)
        return fault_set(f, FAULT_DAMAGED, "its zstd frame is cut short");
    if (reader_read_once(p->from, p->offset, p->piece, p->length, f) < 0)
        return f->code;
    p->offset += p->length;
    p->left -= (uint32_t)p->length;
    return 0;
}

static int begin(struct blockpart *p, struct blockslot *s, struct reader *from,
                 const struct table_block *b, struct fault *f)
{
    p->parts++; /* whatever comes of it, the one before is not gone on with */
    p->from = from;
    p->offset = b->offset;
    p->left = b->row.stored;
    if (read_piece(p, f) < 0 ||
        frame_stream_begin(p->stream, p->piece, p->length, s->data, b->row.unpacked, f) < 0)
        return f->code;
    s->part = p->parts;
    return 0;
}

/* Decode what comes next. */
static int go_on(struct blockpart *p, struct blockslot *s, struct fault *f)
{
    size_t used = 0;

    if (p->at == p->length && read_piece(p, f) < 0)
        return f->code;
    if (frame_stream_feed(p->stream, p->piece + p->at, p->length - p->at, &used, &s->have, f) < 0)
        return f->code;
    p->at += used;
    return 0;
}

bool blockpart_reach(struct blockpart *p, struct blockslot *s, struct reader *from,
                     const struct table_block *b, size_t wanted)
{
    struct fault unsaid;

    if (s->have >= wanted)
        return true;
    if (s->part == 0 && begin(p, s, from, b, &unsaid) < 0)
        return false;
    while (s->part == p->parts && s->have < wanted) {
        if (go_on(p, s, &unsaid) < 0)
            return false;
    }
    return s->have >= wanted;
}
