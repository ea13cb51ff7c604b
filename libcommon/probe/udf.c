/* SPDX-License-Identifier: MIT */
/* Looks for UDF among the descriptors that a disc starts with, and for its names. */
#include "probe/udf.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/text.h"
#include "base/utf16.h"
#include "probe/names.h"

/* The descriptors lie one after the other, each in 2048 bytes or, where the sectors are larger, in
 * one of those. */
enum {
    SEQUENCE_OFFSET = 32768,
    DESCRIPTOR_BYTES = 2048,
    SECTOR_BYTES_MAX = 32768,
    DESCRIPTORS_MAX = 64,
    HEAD_BYTES = 7, /* of a descriptor: structure type, standard identifier, version */
};

enum kind { KIND_END, KIND_OTHER, KIND_BEGIN, KIND_UDF };

static enum kind kind_of(const uint8_t *head)
{
    static const struct {
        char id[6];
        enum kind kind;
    } known[] = {
        {"BEA01", KIND_BEGIN}, {"NSR02", KIND_UDF},   {"NSR03", KIND_UDF},
        {"CD001", KIND_OTHER}, {"CDW02", KIND_OTHER}, {"BOOT2", KIND_OTHER},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (memcmp(head + 1, known[i].id, 5) == 0)
            return known[i].kind;
    return KIND_END;
}

/* UDF's descriptor counts only within an extended area, which BEA01 begins. */
static int walk(struct view *v, uint32_t step, bool *is, struct fault *f)
{
    bool begun = false;

    *is = false;
    for (uint64_t i = 0; i < DESCRIPTORS_MAX && !*is; i++) {
        uint8_t head[HEAD_BYTES];
        bool there;
        enum kind kind;

        if (view_read(v, SEQUENCE_OFFSET + i * step, head, sizeof(head), &there, f) < 0)
            return f->code;
        kind = there ? kind_of(head) : KIND_END;
        if (kind == KIND_END)
            break;
        begun |= kind == KIND_BEGIN;
        *is = begun && kind == KIND_UDF;
    }
    return 0;
}

int probe_look_udf(struct view *v, bool *is, struct fault *f)
{
    *is = false;
    for (uint32_t step = DESCRIPTOR_BYTES; step <= SECTOR_BYTES_MAX && !*is; step *= 2)
        if (walk(v, step, is, f) < 0)
            return f->code;
    return 0;
}

/* ---- names (ECMA-167, 3/7.2, 3/10.1, 3/10.2, 3/10.6) ---- */

enum {
    TAG_PRIMARY = 1,
    TAG_ANCHOR = 2,
    TAG_LOGICAL = 6,
    TAG_TERMINATING = 8,
    ANCHOR_SECTOR = 256,
    SECTOR_BYTES_MIN = 512,
    VOLUME_DESCRIPTOR_BYTES = 512,
    VOLUME_SET_IDENTIFIER = 72,
    LOGICAL_VOLUME_IDENTIFIER = 84,
    DSTRING_BYTES = 128,
    CHARACTERS_MAX = DSTRING_BYTES - 2,
    UUID_DIGITS = 16,
};

/* Read a volume descriptor; its tag is 0 if there is none that says that this is its sector. */
static int read_descriptor(struct view *v, uint32_t sector, uint32_t sector_bytes, uint8_t *d,
                           uint16_t *tag, struct fault *f)
{
    bool there;

    *tag = 0;
    if (view_read(v, (uint64_t)sector * sector_bytes, d, VOLUME_DESCRIPTOR_BYTES, &there, f) < 0)
        return f->code;
    if (there && le32_at(d + 12) == sector)
        *tag = le16_at(d);
    return 0;
}

/* A dstring (1/7.2.12) of OSTA's compressed Unicode: 8 or 16 bits a character, the length with that
 * number in the last byte.  text has room for UTF8_ROOM(CHARACTERS_MAX) bytes. */
static void show_dstring(const uint8_t *dstring, char *text)
{
    uint8_t wide[2 * CHARACTERS_MAX] = {0};
    size_t length = dstring[DSTRING_BYTES - 1];

    length = length == 0 ? 0 : min_u64(length - 1, CHARACTERS_MAX);
    text[0] = '\0';
    if (dstring[0] == 16) {
        utf16be_to_utf8(dstring + 1, length / 2, text);
    } else if (dstring[0] == 8) {
        for (size_t i = 0; i < length; i++)
            wide[2 * i + 1] = dstring[1 + i];
        utf16be_to_utf8(wide, length, text);
    }
    names_trim(text);
}

/* Write UUID_DIGITS digits, in lower case. */
static void show_volume_set(const char *identifier, char *uuid)
{
    uint8_t bytes[UUID_DIGITS] = {0};
    size_t digits = 0;

    if (strlen(identifier) < UUID_DIGITS / 2)
        return;
    memcpy(bytes, identifier, strnlen(identifier, UUID_DIGITS));
    while (digits < UUID_DIGITS && text_hex_digit((char)bytes[digits]) >= 0)
        digits++;
    if (digits < UUID_DIGITS)
        digits = digits < UUID_DIGITS / 2 ? 0 : UUID_DIGITS / 2;
    for (size_t i = 0; i < digits; i++)
        uuid[i] = (char)(bytes[i] | 0x20); /* no digit 0 to 9 lacks that bit */
    uuid[digits] = '\0';
    for (size_t i = digits, written = digits; written < UUID_DIGITS; i++, written += 2)
        sprintf(uuid + written, "%02x", bytes[i]);
}

/* The first identifier of a kind counts. */
static void show_descriptor(const uint8_t *d, uint16_t tag, struct probe_names *n)
{
    char volume_set[UTF8_ROOM(CHARACTERS_MAX)];

    if (tag == TAG_PRIMARY && !n->uuid[0]) {
        show_dstring(d + VOLUME_SET_IDENTIFIER, volume_set);
        show_volume_set(volume_set, n->uuid);
    } else if (tag == TAG_LOGICAL && !n->label[0]) {
        show_dstring(d + LOGICAL_VOLUME_IDENTIFIER, n->label);
    }
}

/* Find the anchor, and with it the size of a sector: *sector_bytes is 0 if there is none. */
static int find_anchor(struct view *v, uint8_t *anchor, uint32_t *sector_bytes, struct fault *f)
{
    uint32_t bytes = SECTOR_BYTES_MIN;
    uint16_t tag;

    for (*sector_bytes = 0; bytes <= SECTOR_BYTES_MAX && *sector_bytes == 0; bytes *= 2) {
        if (read_descriptor(v, ANCHOR_SECTOR, bytes, anchor, &tag, f) < 0)
            return f->code;
        if (tag == TAG_ANCHOR)
            *sector_bytes = bytes;
    }
    return 0;
}

int probe_udf_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                    struct fault *f)
{
    uint8_t d[VOLUME_DESCRIPTOR_BYTES];
    uint32_t sector_bytes, first, count;
    uint16_t tag;

    (void)s; /* the anchor has its own place */
    if (find_anchor(v, d, &sector_bytes, f) < 0)
        return f->code;
    if (sector_bytes == 0)
        return 0;
    count = (uint32_t)min_u64(le32_at(d + 16) / sector_bytes, DESCRIPTORS_MAX);
    first = le32_at(d + 20);
    for (uint32_t i = 0; i < count; i++) {
        if (read_descriptor(v, first + i, sector_bytes, d, &tag, f) < 0)
            return f->code;
        if (tag == 0 || tag == TAG_TERMINATING)
            break;
        show_descriptor(d, tag, n);
    }
    return 0;
}
