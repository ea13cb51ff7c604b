/* SPDX-License-Identifier: MIT */
/* One zstd frame in memory, packed and unpacked. */
#ifndef ENGRAM_FRAME_H
#define ENGRAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/* Compresses; keeps its working space from frame to frame.  One thread at a time. */
struct frame_packer;
int frame_packer_open(struct frame_packer **out, struct fault *f);
void frame_packer_close(struct frame_packer *p); /* NULL is allowed */

/* The most bytes that len bytes pack to. */
size_t frame_bound(size_t len);

/* How to pack.  A level that stores does not look for matches: what it is given is known not to get
 * smaller. */
enum { FRAME_STORE = INT32_MIN };
struct frame_settings {
    int level;             /* of zstd, or FRAME_STORE */
    uint32_t window_bytes; /* a power of two */
    bool long_matches;     /* zstd's long-distance matching */
};

/* About how much working space packing len bytes so takes. */
size_t frame_packer_bytes(const struct frame_settings *s, size_t len);

/*
 * Pack len bytes into `to`, which has frame_bound(len) bytes.  The frame carries its content's size
 * and checksum.  The same bytes come out whatever was packed before.
 */
int frame_pack(struct frame_packer *p, const struct frame_settings *s, const uint8_t *from,
               size_t len, uint8_t *to, size_t *packed, struct fault *f);

/* Unpacks, the same way. */
struct frame_unpacker;
int frame_unpacker_open(struct frame_unpacker **out, struct fault *f);
void frame_unpacker_close(struct frame_unpacker *u); /* NULL is allowed */

/* `from` must be exactly one standard frame, with a checksum, without a dictionary and with a
 * window of at most LAYOUT_WINDOW_MAX, that unpacks to exactly the `unpacked` bytes that `to` has;
 * anything else is FAULT_DAMAGED. */
int frame_unpack(struct frame_unpacker *u, const uint8_t *from, size_t len, uint8_t *to,
                 size_t unpacked, struct fault *f);

/* Unpacks as much of a frame as is wanted, from its start on.  One frame at a time. */
struct frame_stream;
int frame_stream_open(struct frame_stream **out, struct fault *f);
void frame_stream_close(struct frame_stream *s); /* NULL is allowed */

/* A frame that starts with these bytes, all of it or 18 at least, is going to be fed and unpacked
 * into the `unpacked` bytes of `to`, which stay the caller's and must not move.  Its start is
 * checked as frame_unpack does. */
int frame_stream_begin(struct frame_stream *s, const uint8_t *from, size_t len, uint8_t *to,
                       size_t unpacked, struct fault *f);

/* Take in *used of the bytes that come next (there are len, not 0; from the frame's start on), as
 * many as unpack to a block of the frame, 128 KiB of content at most.  *have: bytes of content that
 * there are so far.  What lies behind them in `to` is not kept. */
int frame_stream_feed(struct frame_stream *s, const uint8_t *from, size_t len, size_t *used,
                      size_t *have, struct fault *f);

#endif
