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

#endif
