/* SPDX-License-Identifier: MIT */
/* The manifest reader: records cut from a stream, checked, and their data handed out. */
#include "manifest/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "manifest/order.h"
#include "manifest/record.h"

struct manifest_reader {
    struct stream *from;
    bool has_data;
    bool ended;
    struct order *order;
    char *text; /* the record that is being read */
    size_t length, room;
    uint64_t at;         /* where in the input it starts */
    uint64_t records;    /* entries so far */
    uint64_t data_bytes; /* of all entries so far */
    uint64_t left;       /* of the last entry's data: not yet read */
};

/* Where in the input a fault about a record is. */
static int locate(const struct manifest_reader *r, struct fault *f)
{
    return fault_prefix(f, "record at offset %" PRIu64, r->at);
}

static int append(struct manifest_reader *r, const uint8_t *bytes, size_t len, struct fault *f)
{
    size_t wanted = r->room == 0 ? 4096 : r->room;
    char *bigger;

    if (len > RECORD_BYTES_MAX - r->length)
        return fault_set(f, FAULT_DAMAGED, "it is longer than %d bytes without an end",
                         RECORD_BYTES_MAX);
    while (wanted - r->length < len)
        wanted *= 2;
    if (wanted > r->room) {
        bigger = realloc(r->text, wanted);
        if (bigger == NULL)
            return fault_memory(f, "a record", wanted);
        r->text = bigger;
        r->room = wanted;
    }
    memcpy(r->text + r->length, bytes, len);
    r->length += len;
    return 0;
}

/* How many of these bytes belong to the record, and whether it ends with them: it does at the first
 * NUL that follows a NUL, or that is the record's first byte. */
static size_t find_end(const uint8_t *bytes, size_t len, bool after_nul, bool *ends)
{
    size_t i = 0;

    *ends = true;
    if (after_nul && len > 0 && bytes[0] == '\0')
        return 1;
    while (i + 1 < len) {
        const uint8_t *nul = memchr(bytes + i, '\0', len - i);

        if (nul == NULL || nul + 1 == bytes + len)
            break;
        if (nul[1] == '\0')
            return (size_t)(nul + 2 - bytes);
        i = (size_t)(nul + 1 - bytes);
    }
    *ends = false;
    return len;
}

/* The next record into r->text, which grows only as its bytes arrive. */
static int read_record(struct manifest_reader *r, struct fault *f)
{
    bool ends = false;

    r->at = stream_offset(r->from);
    r->length = 0;
    while (!ends) {
        bool after_nul = r->length == 0 || r->text[r->length - 1] == '\0';
        const uint8_t *bytes;
        size_t got;
        int rc = stream_peek(r->from, 1, &bytes, &got, f);

        if (rc < 0)
            return rc;
        if (got == 0 && r->length == 0)
            return fault_set(f, FAULT_DAMAGED,
                             "the manifest ends at offset %" PRIu64 " without an end record",
                             r->at);
        if (got == 0) {
            fault_set(f, FAULT_DAMAGED, "it is cut short, the input ends at offset %" PRIu64,
                      stream_offset(r->from));
            return locate(r, f);
        }
        got = find_end(bytes, got, after_nul, &ends);
        if ((rc = append(r, bytes, got, f)) < 0)
            return locate(r, f);
        stream_take(r->from, got);
    }
    return 0;
}

/* Is the record exactly these bytes? */
static bool record_is(const struct manifest_reader *r, const char *bytes, size_t len)
{
    return r->length == len && memcmp(r->text, bytes, len) == 0;
}

static bool record_starts(const struct manifest_reader *r, const char *key)
{
    size_t len = strlen(key);

    return r->length > len && memcmp(r->text, key, len) == 0;
}

/* Refuse an input that is no manifest by its first bytes, before anything is gathered. */
static int check_signature(struct stream *from, struct fault *f)
{
    static const char signature[] = "manifest=";
    const uint8_t *bytes;
    size_t got;
    int rc = stream_peek(from, sizeof(signature) - 1, &bytes, &got, f);

    if (rc < 0)
        return rc;
    if (got == 0)
        return fault_set(f, FAULT_DAMAGED, "is empty: no manifest");
    if (got < sizeof(signature) - 1 || memcmp(bytes, signature, sizeof(signature) - 1) != 0)
        return fault_set(f, FAULT_DAMAGED, "not a manifest: it does not start with \"manifest=\"");
    return 0;
}

static int read_head(struct manifest_reader *r, struct fault *f)
{
    static const char with[] = "manifest=1\0data=inline\0", without[] = "manifest=1\0data=none\0";
    char shown[64];
    int rc;

    if ((rc = check_signature(r->from, f)) < 0 || (rc = read_record(r, f)) < 0)
        return rc;
    r->has_data = record_is(r, with, sizeof(with));
    if (r->has_data || record_is(r, without, sizeof(without)))
        return 0;
    text_escape(shown, sizeof(shown), r->text, strlen(r->text));
    if (strcmp(r->text, "manifest=1") != 0)
        return fault_set(f, FAULT_UNSUPPORTED, "\"%s\" is not a version that is supported (1 is)",
                         shown);
    return fault_set(f, FAULT_DAMAGED,
                     "the first record is not manifest=1 and data=inline or data=none");
}

int manifest_reader_open(struct stream *from, struct manifest_reader **out, struct fault *f)
{
    struct manifest_reader *r = calloc(1, sizeof(*r));
    int rc;

    if (r == NULL)
        return fault_memory(f, "a manifest reader", sizeof(*r));
    r->from = from;
    rc = order_open(&r->order, f);
    if (rc == 0)
        rc = read_head(r, f);
    if (rc < 0)
        manifest_reader_close(r);
    else
        *out = r;
    return rc;
}

bool manifest_has_data(const struct manifest_reader *r)
{
    return r->has_data;
}

/* The last record: its counts are ours, and nothing follows. */
static int check_end(struct manifest_reader *r, struct fault *f)
{
    char ours[96], shown[128];
    const uint8_t *bytes;
    size_t got;
    int rc, len = snprintf(ours, sizeof(ours), "end=%" PRIu64 "%cbytes=%" PRIu64 "%c", r->records,
                           0, r->data_bytes, 0);

    if (!record_is(r, ours, (size_t)len + 1)) {
        text_escape(shown, sizeof(shown), r->text, r->length);
        fault_set(f, FAULT_DAMAGED,
                  "\"%s\" is not end=%" PRIu64 " and bytes=%" PRIu64 ", which were read", shown,
                  r->records, r->data_bytes);
        return locate(r, f);
    }
    if ((rc = stream_peek(r->from, 1, &bytes, &got, f)) < 0)
        return rc;
    if (got > 0)
        return fault_set(f, FAULT_DAMAGED,
                         "bytes follow the end of the manifest at offset %" PRIu64,
                         stream_offset(r->from));
    r->ended = true;
    return 0;
}

/* The writer's own last word. */
static int tell_error(const struct manifest_reader *r, struct fault *f)
{
    const char *why = r->text + strlen("error=");
    char shown[600];

    text_escape(shown, sizeof(shown), why, strlen(why));
    return fault_set(f, FAULT_DAMAGED, "its writer failed: %s", shown);
}

static int check_entry(struct manifest_reader *r, struct entry *e, struct fault *f)
{
    uint64_t data;
    int rc;

    if ((rc = record_parse(r->text, r->length, e, f)) < 0 || (rc = order_admit(r->order, e, f)) < 0)
        return rc;
    data = r->has_data ? entry_data_bytes(e) : 0;
    if (!add_u64(r->data_bytes, data, &r->data_bytes))
        return fault_set(f, FAULT_DAMAGED, "more than 2^64 bytes of data in one manifest");
    r->left = data;
    r->records++;
    return 0;
}

static int skip_data(struct manifest_reader *r, struct fault *f)
{
    const uint8_t *bytes;
    size_t got;
    int rc = 0;

    while (rc == 0 && r->left > 0)
        rc = manifest_data(r, &bytes, &got, f);
    return rc;
}

int manifest_next(struct manifest_reader *r, struct entry *e, bool *more, struct fault *f)
{
    int rc;

    entry_reset(e);
    *more = false;
    if (r->ended)
        return 0;
    if ((rc = skip_data(r, f)) < 0 || (rc = read_record(r, f)) < 0)
        return rc;
    if (record_starts(r, "end="))
        return check_end(r, f);
    if (record_starts(r, "error="))
        return tell_error(r, f);
    if ((rc = check_entry(r, e, f)) < 0) {
        locate(r, f);
        return rc;
    }
    *more = true;
    return 0;
}

int manifest_data(struct manifest_reader *r, const uint8_t **bytes, size_t *got, struct fault *f)
{
    size_t n;
    int rc;

    *got = 0;
    if (r->left == 0)
        return 0;
    if ((rc = stream_peek(r->from, 1, bytes, &n, f)) < 0)
        return rc;
    if (n == 0) {
        fault_set(f, FAULT_DAMAGED,
                  "the input ends at offset %" PRIu64 ", %" PRIu64 " bytes before its data does",
                  stream_offset(r->from), r->left);
        return locate(r, f);
    }
    n = (size_t)min_u64(n, r->left);
    stream_take(r->from, n);
    r->left -= n;
    *got = n;
    return 0;
}

void manifest_reader_close(struct manifest_reader *r)
{
    if (r == NULL)
        return;
    order_close(r->order);
    free(r->text);
    free(r);
}
