/* SPDX-License-Identifier: MIT */
/* The header extensions of a qcow2 image, and the features that it needs. */
#include "qcow2/extension.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/text.h"

/* Types of header extensions that matter here. */
#define EXTENSION_END            UINT32_C(0x00000000)
#define EXTENSION_BACKING_FORMAT UINT32_C(0xe2792aca)
#define EXTENSION_FEATURE_NAMES  UINT32_C(0x6803f857)
#define EXTENSION_DATA_FILE      UINT32_C(0x44415441)

enum {
    EXTENSION_HEAD_BYTES = 8,
    FEATURE_ENTRY_BYTES = 48, /* type, bit, and a name padded with zeros */
};

/* Incompatible features that are read. */
static const uint64_t supported = QCOW2_INCOMPAT_DIRTY | QCOW2_INCOMPAT_CORRUPT |
                                  QCOW2_INCOMPAT_DATA_FILE | QCOW2_INCOMPAT_COMPRESSION |
                                  QCOW2_INCOMPAT_EXTENDED_L2;

/* One extension: its head, and where its data lies. */
struct extension {
    uint32_t type;
    uint32_t length;
    uint64_t offset;
};

/* ---- features ---- */

/* The name that the image's own table gives a bit; empty if it gives none. */
static int name_from_table(struct reader *r, const struct qcow2_region *table, unsigned kind,
                           unsigned bit, char name[QCOW2_FEATURE_NAME_BYTES + 1], struct fault *f)
{
    uint8_t entry[FEATURE_ENTRY_BYTES];

    name[0] = '\0';
    for (uint64_t at = 0; table->length - at >= sizeof(entry); at += sizeof(entry)) {
        if (reader_read(r, table->offset + at, entry, sizeof(entry), f) < 0)
            return f->code;
        if (entry[0] != kind || entry[1] != bit)
            continue;
        memcpy(name, entry + 2, QCOW2_FEATURE_NAME_BYTES);
        name[QCOW2_FEATURE_NAME_BYTES] = '\0';
        return 0;
    }
    return 0;
}

static const char *name_from_specification(unsigned kind, unsigned bit)
{
    static const struct {
        unsigned kind, bit;
        const char *name;
    } known[] = {
        {QCOW2_FEATURE_INCOMPATIBLE, 0, "dirty bit"},
        {QCOW2_FEATURE_INCOMPATIBLE, 1, "corrupt bit"},
        {QCOW2_FEATURE_INCOMPATIBLE, 2, "external data file"},
        {QCOW2_FEATURE_INCOMPATIBLE, 3, "compression type"},
        {QCOW2_FEATURE_INCOMPATIBLE, 4, "extended L2 entries"},
        {QCOW2_FEATURE_COMPATIBLE, 0, "lazy refcounts"},
        {QCOW2_FEATURE_AUTOCLEAR, 0, "bitmaps"},
        {QCOW2_FEATURE_AUTOCLEAR, 1, "raw external data"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].kind == kind && known[i].bit == bit)
            return known[i].name;
    return "unknown";
}

int qcow2_feature_name(struct reader *r, const struct qcow2_header *h, enum qcow2_feature_kind kind,
                       unsigned bit, char name[QCOW2_FEATURE_NAME_BYTES + 1], struct fault *f)
{
    if (name_from_table(r, &h->feature_names, kind, bit, name, f) < 0)
        return f->code;
    if (name[0] == '\0')
        strcpy(name, name_from_specification(kind, bit));
    return 0;
}

static int check_features(struct reader *r, const struct qcow2_header *h, struct fault *f)
{
    uint64_t unsupported = h->incompatible_features & ~supported;
    char list[768] = "";
    size_t used = 0;

    for (unsigned bit = 0; bit < 64 && used < sizeof(list); bit++) {
        char name[QCOW2_FEATURE_NAME_BYTES + 1];
        char quoted[2 * QCOW2_FEATURE_NAME_BYTES];

        if (!(unsupported >> bit & 1))
            continue;
        if (qcow2_feature_name(r, h, QCOW2_FEATURE_INCOMPATIBLE, bit, name, f) < 0)
            return f->code;
        text_escape(quoted, sizeof(quoted), name, strlen(name));
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s (bit %u)",
                                 used ? ", " : "", quoted, bit);
    }
    if (unsupported)
        return fault_set(f, FAULT_UNSUPPORTED, "needs features that are not supported: %s", list);
    return 0;
}

/* ---- the walk ---- */

/* The extension at *at, which is moved past it; one of type EXTENSION_END where there is no more.
 */
static int next_extension(struct reader *r, const struct qcow2_header *h, uint64_t *at,
                          struct extension *e, struct fault *f)
{
    uint64_t left = h->header_end - *at;
    uint8_t head[EXTENSION_HEAD_BYTES];

    *e = (struct extension){.type = EXTENSION_END};
    if (left == 0)
        return 0;
    if (left < sizeof(head))
        return fault_set(f, FAULT_DAMAGED, "the header extension at %llu has no room: %llu bytes",
                         ull(*at), ull(left));
    if (reader_read(r, *at, head, sizeof(head), f) < 0)
        return f->code;
    *e = (struct extension){
        .type = be32_at(head), .length = be32_at(head + 4), .offset = *at + sizeof(head)};
    if (e->type != EXTENSION_END && e->length > h->header_end - e->offset)
        return fault_set(f, FAULT_DAMAGED,
                         "header extension 0x%08x at %llu is %u bytes long, but %llu are left",
                         e->type, ull(*at), e->length, ull(h->header_end - e->offset));
    /* Padded to a multiple of 8, for which the last one may lack the room. */
    *at = min_u64(e->offset + (((uint64_t)e->length + 7) & ~UINT64_C(7)), h->header_end);
    return 0;
}

static int read_backing_format(struct reader *r, const struct extension *e, struct qcow2_header *h,
                               struct fault *f)
{
    if (e->length > QCOW2_BACKING_FORMAT_MAX)
        return fault_set(f, FAULT_DAMAGED, "the backing format's name has %u bytes, more than %d",
                         e->length, QCOW2_BACKING_FORMAT_MAX);
    if (reader_read(r, e->offset, h->backing_format, e->length, f) < 0)
        return f->code;
    h->backing_format[e->length] = '\0';
    if (strlen(h->backing_format) != e->length)
        return fault_set(f, FAULT_DAMAGED, "the backing format's name has a NUL at byte %zu of %u",
                         strlen(h->backing_format), e->length);
    return 0;
}

static int read_data_file(struct reader *r, const struct extension *e, struct qcow2_header *h,
                          struct fault *f)
{
    if (e->length > QCOW2_DATA_NAME_MAX)
        return fault_set(f, FAULT_DAMAGED, "the data file name has %u bytes, more than %d",
                         e->length, QCOW2_DATA_NAME_MAX);
    if (reader_read(r, e->offset, h->data_file, e->length, f) < 0)
        return f->code;
    h->data_file[e->length] = '\0';
    if (strlen(h->data_file) != e->length)
        return fault_set(f, FAULT_DAMAGED, "the data file name has a NUL at byte %zu of %u",
                         strlen(h->data_file), e->length);
    return 0;
}

/* Take what matters here of one extension. */
static int read_extension(struct reader *r, const struct extension *e, struct qcow2_header *h,
                          struct fault *f)
{
    switch (e->type) {
    case EXTENSION_BACKING_FORMAT:
        return read_backing_format(r, e, h, f);
    case EXTENSION_DATA_FILE:
        return read_data_file(r, e, h, f);
    case EXTENSION_FEATURE_NAMES:
        h->feature_names = (struct qcow2_region){.offset = e->offset, .length = e->length};
        return 0;
    default:
        return 0;
    }
}

int qcow2_extensions_read(struct reader *r, struct qcow2_header *h, struct fault *f)
{
    uint64_t at = h->header_length;
    struct extension e;

    do {
        if (next_extension(r, h, &at, &e, f) < 0 || read_extension(r, &e, h, f) < 0)
            return f->code;
    } while (e.type != EXTENSION_END);
    return check_features(r, h, f);
}
