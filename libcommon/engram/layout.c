/* SPDX-License-Identifier: MIT */
/* The fixed structures of engram(5) as numbers, and their encoding as bytes. */
#include "engram/layout.h"

#include <inttypes.h>

#include "base/bytes.h"

/* CR and LF show that a transfer in text mode has been at work. */
static const uint8_t signature[8] = {'e', 'n', 'g', 'r', 'a', 'm', '\r', '\n'};

/* Offsets in a frame of the header or the footer; both start alike. */
enum {
    AT_SIGNATURE = 8,
    AT_VERSION = 16,
    AT_ZERO = 20,
    AT_REQUIRED = 24,
    AT_OPTIONAL = 32,
    /* the footer only: */
    AT_TABLES_OFFSET = 40,
    AT_ENTRIES = 48,
    AT_DATA_BYTES = 56,
    AT_CHUNKS = 64,
    AT_BLOCKS = 68,
    AT_LEAVES = 72,
    AT_BASE_BYTES = 76,
    AT_TABLES = 80,
    AT_TREE = 112,
    AT_CHECKSUM = 144,
};

void layout_put_frame(uint8_t p[LAYOUT_FRAME_BYTES], enum layout_frame kind, uint32_t payload)
{
    put_le32(p, kind);
    put_le32(p + 4, payload);
}

int layout_get_frame(const uint8_t p[LAYOUT_FRAME_BYTES], enum layout_frame kind, uint32_t *payload,
                     struct fault *f)
{
    if (le32_at(p) != (uint32_t)kind)
        return fault_set(f, FAULT_DAMAGED, "its magic number is 0x%08" PRIx32 ", not 0x%08x",
                         le32_at(p), (unsigned)kind);
    *payload = le32_at(p + 4);
    return 0;
}

static void put_start(uint8_t *p, const struct layout_footer *from)
{
    memcpy(p + AT_SIGNATURE, signature, sizeof(signature));
    put_le32(p + AT_VERSION, from->version);
    put_le32(p + AT_ZERO, 0);
    put_le64(p + AT_REQUIRED, from->required);
    put_le64(p + AT_OPTIONAL, from->optional);
}

void layout_put_header(uint8_t p[LAYOUT_HEADER_BYTES], const struct layout_footer *from)
{
    layout_put_frame(p, LAYOUT_HEADER, LAYOUT_HEADER_BYTES - LAYOUT_FRAME_BYTES);
    put_start(p, from);
}

void layout_put_footer(uint8_t p[LAYOUT_FOOTER_BYTES], struct layout_footer *footer)
{
    layout_put_frame(p, LAYOUT_FOOTER, LAYOUT_FOOTER_BYTES - LAYOUT_FRAME_BYTES);
    put_start(p, footer);
    put_le64(p + AT_TABLES_OFFSET, footer->tables_offset);
    put_le64(p + AT_ENTRIES, footer->entries);
    put_le64(p + AT_DATA_BYTES, footer->data_bytes);
    put_le32(p + AT_CHUNKS, footer->chunks);
    put_le32(p + AT_BLOCKS, footer->blocks);
    put_le32(p + AT_LEAVES, footer->leaves);
    put_le32(p + AT_BASE_BYTES, footer->base_bytes);
    memcpy(p + AT_TABLES, footer->tables, SHA256_BYTES);
    memcpy(p + AT_TREE, footer->tree, SHA256_BYTES);
    sha256_of(p, AT_CHECKSUM, footer->identity);
    memcpy(p + AT_CHECKSUM, footer->identity, SHA256_BYTES);
}

int layout_check_signature(const uint8_t p[LAYOUT_HEADER_BYTES], struct fault *f)
{
    if (le32_at(p) != LAYOUT_HEADER || memcmp(p + AT_SIGNATURE, signature, sizeof(signature)) != 0)
        return fault_set(f, FAULT_DAMAGED, "no engram: it does not start with an engram's header");
    return 0;
}

int layout_check_header(const uint8_t p[LAYOUT_HEADER_BYTES], const struct layout_footer *footer,
                        struct fault *f)
{
    uint8_t expected[LAYOUT_HEADER_BYTES];

    layout_put_header(expected, footer);
    for (unsigned i = 0; i < LAYOUT_HEADER_BYTES; i++) {
        if (p[i] != expected[i])
            return fault_set(f, FAULT_DAMAGED,
                             "header: byte %u is 0x%02x, but 0x%02x by the footer", i, p[i],
                             expected[i]);
    }
    return 0;
}

/* The required features that this version knows. */
static const uint64_t known_features = LAYOUT_FEATURE_BASE;

static int check_supported(const struct layout_footer *footer, struct fault *f)
{
    uint64_t unknown = footer->required & ~known_features;

    if (footer->version != LAYOUT_VERSION)
        return fault_set(f, FAULT_UNSUPPORTED, "engram version %" PRIu32 " (this reads version %d)",
                         footer->version, LAYOUT_VERSION);
    if (unknown)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "required engram feature %d (feature bits 0x%" PRIx64 ") is not known",
                         __builtin_ctzll(unknown), footer->required);
    return 0;
}

const uint8_t *layout_identity(const uint8_t p[LAYOUT_FOOTER_BYTES])
{
    if (le32_at(p) != LAYOUT_FOOTER || memcmp(p + AT_SIGNATURE, signature, sizeof(signature)) != 0)
        return NULL;
    return p + AT_CHECKSUM;
}

int layout_get_footer(const uint8_t p[LAYOUT_FOOTER_BYTES], struct layout_footer *footer,
                      struct fault *f)
{
    const uint8_t *identity = layout_identity(p);

    if (!identity)
        return fault_set(f, FAULT_DAMAGED, "it is not there: the engram was cut short or damaged");
    sha256_of(p, AT_CHECKSUM, footer->identity);
    if (memcmp(identity, footer->identity, SHA256_BYTES) != 0)
        return fault_set(f, FAULT_DAMAGED, "its SHA-256 is wrong");
    footer->version = le32_at(p + AT_VERSION);
    footer->required = le64_at(p + AT_REQUIRED);
    footer->optional = le64_at(p + AT_OPTIONAL);
    footer->tables_offset = le64_at(p + AT_TABLES_OFFSET);
    footer->entries = le64_at(p + AT_ENTRIES);
    footer->data_bytes = le64_at(p + AT_DATA_BYTES);
    footer->chunks = le32_at(p + AT_CHUNKS);
    footer->blocks = le32_at(p + AT_BLOCKS);
    footer->leaves = le32_at(p + AT_LEAVES);
    footer->base_bytes = le32_at(p + AT_BASE_BYTES);
    memcpy(footer->tables, p + AT_TABLES, SHA256_BYTES);
    memcpy(footer->tree, p + AT_TREE, SHA256_BYTES);
    int rc = check_supported(footer, f);
    if (rc < 0)
        return rc;
    if (le32_at(p + 4) != LAYOUT_FOOTER_BYTES - LAYOUT_FRAME_BYTES || le32_at(p + AT_ZERO) != 0 ||
        (footer->base_bytes != 0) != ((footer->required & LAYOUT_FEATURE_BASE) != 0))
        return fault_set(f, FAULT_DAMAGED, "its length or a reserved field is wrong");
    return 0;
}

/* A block's and a leaf's row are laid out alike. */
static void put_row(uint8_t *p, uint32_t first, uint32_t second, uint32_t third,
                    const uint8_t *sha256)
{
    put_le32(p, first);
    put_le32(p + 4, second);
    put_le32(p + 8, third);
    memcpy(p + 12, sha256, SHA256_BYTES);
}

void layout_put_block(uint8_t p[LAYOUT_BLOCK_ROW], const struct layout_block *row)
{
    put_row(p, row->stored, row->unpacked, row->profile, row->sha256);
}

void layout_put_leaf(uint8_t p[LAYOUT_LEAF_ROW], const struct layout_leaf *row)
{
    put_row(p, row->stored, row->unpacked, row->entries, row->sha256);
}

void layout_put_chunk(uint8_t p[LAYOUT_CHUNK_ROW], const struct layout_chunk *row)
{
    put_le32(p + LAYOUT_CHUNK_BLOCK, row->block);
    put_le32(p + LAYOUT_CHUNK_LENGTH, row->length);
    memcpy(p + LAYOUT_CHUNK_SHA256, row->sha256, SHA256_BYTES);
}

void layout_get_block(const uint8_t p[LAYOUT_BLOCK_ROW], struct layout_block *row)
{
    row->stored = le32_at(p);
    row->unpacked = le32_at(p + 4);
    row->profile = le32_at(p + 8);
    memcpy(row->sha256, p + 12, SHA256_BYTES);
}

void layout_get_leaf(const uint8_t p[LAYOUT_LEAF_ROW], struct layout_leaf *row)
{
    row->stored = le32_at(p);
    row->unpacked = le32_at(p + 4);
    row->entries = le32_at(p + 8);
    memcpy(row->sha256, p + 12, SHA256_BYTES);
}

uint32_t layout_frame_max(uint32_t unpacked)
{
    return unpacked + unpacked / 256 + 64;
}

uint64_t layout_tables_bytes(const struct layout_footer *footer, uint32_t own_chunks)
{
    return (uint64_t)footer->blocks * LAYOUT_BLOCK_ROW +
           (uint64_t)footer->leaves * LAYOUT_LEAF_ROW + footer->base_bytes +
           (uint64_t)own_chunks * LAYOUT_CHUNK_ROW;
}
