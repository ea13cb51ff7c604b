/* SPDX-License-Identifier: MIT */
/* The fixed structures of engram(5) as numbers, and their encoding as bytes. */
#ifndef ENGRAM_LAYOUT_H
#define ENGRAM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"

/*
 *     header  block...  leaf...  tables  footer
 *
 * A block is a zstd frame; everything else is a zstd skippable frame (RFC 8878, section 3.1.2),
 * each kind with a magic number of its own: 4 bytes of magic, 4 bytes of payload length, the
 * payload.
 */
enum layout_frame {
    LAYOUT_HEADER = 0x184D2A50,
    LAYOUT_LEAF = 0x184D2A51,
    LAYOUT_TABLES = 0x184D2A52,
    LAYOUT_FOOTER = 0x184D2A53,
};

enum {
    LAYOUT_VERSION = 1,

    LAYOUT_FRAME_BYTES = 8,   /* before the payload of a skippable frame */
    LAYOUT_HEADER_BYTES = 40, /* with these 8, as LAYOUT_FOOTER_BYTES */
    LAYOUT_FOOTER_BYTES = 176,
    LAYOUT_BLOCK_ROW = 44,
    LAYOUT_LEAF_ROW = 44,
    LAYOUT_CHUNK_ROW = 40,
    LAYOUT_CHUNK_BLOCK = 0, /* offsets in a chunk's row */
    LAYOUT_CHUNK_LENGTH = 4,
    LAYOUT_CHUNK_SHA256 = 8,
    LAYOUT_BASE_HEAD = 48, /* of the base section, before its runs */
    LAYOUT_BASE_RUN = 12,

    LAYOUT_CHUNK_MAX = 1 << 20,   /* bytes in a chunk */
    LAYOUT_BLOCK_MAX = 32 << 20,  /* bytes that a block unpacks to */
    LAYOUT_LEAF_MAX = 64 << 20,   /* bytes that a leaf unpacks to */
    LAYOUT_LEAF_SHARED = 1 << 20, /* the same, of one that has more than one entry */
    LAYOUT_WINDOW_MAX = 64 << 20, /* of a zstd frame, bytes */

    /* The blocks that a file's chunks lead through, in order, have at most this many times as many
     * bytes as its data and one chunk more. */
    LAYOUT_READ_FACTOR = LAYOUT_BLOCK_MAX / LAYOUT_CHUNK_MAX,

    LAYOUT_BASES_MAX = 16, /* in a chain: an engram's base, the base of that, ... */
};

/* Required features. */
#define LAYOUT_FEATURE_BASE ((uint64_t)1 << 0) /* some chunks are another engram's */

struct layout_footer {
    uint32_t version;
    uint64_t required, optional; /* feature bits */
    uint64_t tables_offset;      /* of the tables' frame in the file */
    uint64_t entries;
    uint64_t data_bytes;
    uint32_t chunks; /* with those in the base */
    uint32_t blocks, leaves;
    uint32_t base_bytes;          /* of the base section; 0 just without LAYOUT_FEATURE_BASE */
    uint8_t tables[SHA256_BYTES]; /* of the tables' payload */
    uint8_t tree[SHA256_BYTES];
    uint8_t identity[SHA256_BYTES]; /* the footer's own SHA-256, by which a base is known: what
                                       getting and putting it find out */
};

/* Rows of the tables, in this order: blocks, leaves, then the base section, chunks. */
struct layout_block {
    uint32_t stored;   /* bytes of the frame */
    uint32_t unpacked; /* bytes that it decodes to: its chunks, end to end in the chunks' order */
    uint32_t profile;
    uint8_t sha256[SHA256_BYTES]; /* of the stored bytes */
};
struct layout_leaf {
    uint32_t stored; /* bytes, with the 8 of its skippable frame */
    uint32_t unpacked;
    uint32_t entries;
    uint8_t sha256[SHA256_BYTES]; /* of the stored bytes, with these 8 */
};
struct layout_chunk {
    uint32_t block;
    uint32_t length;
    uint8_t sha256[SHA256_BYTES]; /* of the chunk */
};

void layout_put_frame(uint8_t p[LAYOUT_FRAME_BYTES], enum layout_frame kind, uint32_t payload);
void layout_put_header(uint8_t p[LAYOUT_HEADER_BYTES], const struct layout_footer *from);
void layout_put_footer(uint8_t p[LAYOUT_FOOTER_BYTES], struct layout_footer *footer);
void layout_put_block(uint8_t p[LAYOUT_BLOCK_ROW], const struct layout_block *row);
void layout_put_leaf(uint8_t p[LAYOUT_LEAF_ROW], const struct layout_leaf *row);
void layout_put_chunk(uint8_t p[LAYOUT_CHUNK_ROW], const struct layout_chunk *row);

/* The payload's length if p starts a skippable frame of this kind. */
int layout_get_frame(const uint8_t p[LAYOUT_FRAME_BYTES], enum layout_frame kind, uint32_t *payload,
                     struct fault *f);

/* Decode and check a footer: signature, checksum, then version, then required features.  Its counts
 * and its offset are still claims. */
int layout_get_footer(const uint8_t p[LAYOUT_FOOTER_BYTES], struct layout_footer *footer,
                      struct fault *f);

/* The identity that a footer has, unchecked; NULL if p is no footer. */
const uint8_t *layout_identity(const uint8_t p[LAYOUT_FOOTER_BYTES]);

/* Is p the start of an engram? */
int layout_check_signature(const uint8_t p[LAYOUT_HEADER_BYTES], struct fault *f);

/* Is p exactly the header that belongs to this footer? */
int layout_check_header(const uint8_t p[LAYOUT_HEADER_BYTES], const struct layout_footer *footer,
                        struct fault *f);

/* Decode a row; its numbers are claims. */
void layout_get_block(const uint8_t p[LAYOUT_BLOCK_ROW], struct layout_block *row);
void layout_get_leaf(const uint8_t p[LAYOUT_LEAF_ROW], struct layout_leaf *row);

/* The most bytes that a frame of so much content may have; zstd itself needs no more. */
uint32_t layout_frame_max(uint32_t unpacked);

/* How long the tables' payload is for these counts, of which own_chunks have rows. */
uint64_t layout_tables_bytes(const struct layout_footer *footer, uint32_t own_chunks);

#endif
