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

enum {
    EXTENSION_HEAD_BYTES = 8,
    FEATURE_ENTRY_BYTES = 48, /* type, bit, and a name padded with zeros */
    FEATURE_NAME_BYTES = 46,
    FEATURE_TYPE_INCOMPATIBLE = 0,
};

/* Incompatible features that are read. */
static const uint64_t supported =
    QCOW2_INCOMPAT_DIRTY | QCOW2_INCOMPAT_CORRUPT | QCOW2_INCOMPAT_COMPRESSION;

/* One extension: its head, and where its data lies. */
struct extension {
    uint32_t type;
    uint32_t length;
    uint64_t offset;
};

/* Where the feature name table lies; length 0 if there is none. */
struct name_table {
    uint64_t offset;
    uint32_t length;
};

static unsigned long long ull(uint64_t n)
{
    return n;
}

/* ---- features ---- */

/* The name that the image's own table gives an incompatible bit; empty if it gives none. */
static int name_from_table(struct reader *r, const struct name_table *table, unsigned bit,
                           char name[FEATURE_NAME_BYTES + 1], struct fault *f)
{
    uint8_t entry[FEATURE_ENTRY_BYTES];

    name[0] = '\0';
    for (uint32_t at = 0; table->length - at >= sizeof(entry); at += sizeof(entry)) {
        if (reader_read(r, table->offset + at, entry, sizeof(entry), f) < 0)
            return f->code;
        if (entry[0] != FEATURE_TYPE_INCOMPATIBLE || entry[1] != bit)
            continue;
        memcpy(name, entry + 2, FEATURE_NAME_BYTES);
        name[FEATURE_NAME_BYTES] = '\0';
        return 0;
    }
    return 0;
}

static const char *name_from_specification(unsigned bit)
{
    return bit == 2 ? "external data file" : bit == 4 ? "extended L2 entries" : "unknown";
}

static int check_features(struct reader *r, const struct qcow2_header *h,
                          const struct name_table *table, struct fault *f)
{
    uint64_t unsupported = h->incompatible_features & ~supported;
    char list[768] = "";
    size_t used = 0;

    for (unsigned bit = 0; bit < 64 && used < sizeof(list); bit++) {
        char name[FEATURE_NAME_BYTES + 1];
        char quoted[2 * FEATURE_NAME_BYTES];

        if (!(unsupported >> bit & 1))
            continue;
        if (name_from_table(r, table, bit, name, f) < 0)
            return f->code;
        text_escape(quoted, sizeof(quoted), name, strlen(name));
        used +=
            (size_t)snprintf(list + used, sizeof(list) - used, "%s%s (bit %u)", used ? ", " : "",
                             name[0] ? quoted : name_from_specification(bit), bit);
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
    return 0;
}

int qcow2_extensions_read(struct reader *r, struct qcow2_header *h, struct fault *f)
{
    struct name_table names = {0};
    uint64_t at = h->header_length;
    struct extension e;

    do {
        if (next_extension(r, h, &at, &e, f) < 0)
            return f->code;
        if (e.type == EXTENSION_BACKING_FORMAT && read_backing_format(r, &e, h, f) < 0)
            return f->code;
        if (e.type == EXTENSION_FEATURE_NAMES)
            names = (struct name_table){.offset = e.offset, .length = e.length};
    } while (e.type != EXTENSION_END);
    return check_features(r, h, &names, f);
}
