/* SPDX-License-Identifier: MIT */
/* The manifest writer: records in order onto a sink, data counted. */
#include "manifest/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "manifest/order.h"

struct manifest_writer {
    struct sink *to;
    bool with_data;
    struct order *order;
    struct record_text text;
    uint64_t records;
    uint64_t data_bytes; /* of all records so far */
    uint64_t owed;       /* of the last record's data: not yet told of */
};

/* Two fields of at most 63 bytes each, and the empty one. */
static int put_fields(struct manifest_writer *w, const char *first, const char *second,
                      struct fault *f)
{
    char record[130];
    int len = snprintf(record, sizeof(record), "%s%c%s%c", first, 0, second, 0);

    return sink_data(w->to, record, (size_t)len + 1, f);
}

int manifest_writer_open(struct sink *to, bool with_data, struct manifest_writer **out,
                         struct fault *f)
{
    struct manifest_writer *w = calloc(1, sizeof(*w));
    int rc;

    if (w == NULL)
        return fault_memory(f, "a manifest writer", sizeof(*w));
    w->to = to;
    w->with_data = with_data;
    rc = order_open(&w->order, f);
    if (rc == 0)
        rc = put_fields(w, "manifest=1", with_data ? "data=inline" : "data=none", f);
    if (rc < 0)
        manifest_writer_close(w);
    else
        *out = w;
    return rc;
}

static int check_owed(const struct manifest_writer *w, struct fault *f)
{
    if (w->owed == 0)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "%" PRIu64 " bytes of the last record's data are missing",
                     w->owed);
}

/* The record into w->text, if it may come now. */
static int spell(struct manifest_writer *w, const struct entry *e, struct fault *f)
{
    char shown[400] = "(no path)";
    int rc;

    w->text.length = 0;
    if ((rc = record_append(&w->text, e, f)) == 0)
        return order_admit(w->order, e, f);
    if (e->path != NULL)
        text_escape(shown, sizeof(shown), e->path, strlen(e->path));
    fault_prefix(f, "%s", shown);
    return rc;
}

int manifest_write_entry(struct manifest_writer *w, const struct entry *e, struct fault *f)
{
    uint64_t data = w->with_data ? entry_data_bytes(e) : 0, sum;
    int rc;

    if ((rc = check_owed(w, f)) < 0 || (rc = spell(w, e, f)) < 0)
        return rc;
    if (!add_u64(w->data_bytes, data, &sum))
        return fault_set(f, FAULT_UNSUPPORTED, "more than 2^64 bytes of data in one manifest");
    if ((rc = sink_data(w->to, w->text.bytes, w->text.length, f)) < 0)
        return rc;
    w->records++;
    w->data_bytes = sum;
    w->owed = data;
    return 0;
}

void manifest_writer_data(struct manifest_writer *w, uint64_t bytes)
{
    w->owed -= min_u64(bytes, w->owed);
}

int manifest_writer_end(struct manifest_writer *w, struct fault *f)
{
    char end[64], bytes[64];
    int rc = check_owed(w, f);

    if (rc < 0)
        return rc;
    snprintf(end, sizeof(end), "end=%" PRIu64, w->records);
    snprintf(bytes, sizeof(bytes), "bytes=%" PRIu64, w->data_bytes);
    return put_fields(w, end, bytes, f);
}

void manifest_writer_fail(struct manifest_writer *w, const struct fault *why)
{
    struct fault ignored; /* the failure that brought us here is the one to tell */
    char record[sizeof(why->text) + 16];
    int len = snprintf(record, sizeof(record), "error=%s%c", why->text, 0);

    if (w->owed == 0) /* else a reader would take the record for data */
        (void)sink_data(w->to, record, (size_t)len + 1, &ignored);
    (void)sink_finish(w->to, &ignored);
}

void manifest_writer_close(struct manifest_writer *w)
{
    if (w == NULL)
        return;
    order_close(w->order);
    record_free(&w->text);
    free(w);
}
