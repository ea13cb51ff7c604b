/* SPDX-License-Identifier: MIT */
/* Writes a manifest(5): records in order, each followed by its data. */
#ifndef MANIFEST_WRITER_H
#define MANIFEST_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "io/sink.h"
#include "manifest/entry.h"

struct manifest_writer;

/* Start a manifest on a sink (borrowed): writes the first record.  One thread at a time. */
int manifest_writer_open(struct sink *to, bool with_data, struct manifest_writer **out,
                         struct fault *f);

/*
 * Write one record.  Entries come in manifest order (the writer does not sort; an entry out of
 * order, without its parent, or not fit for a record is FAULT_DAMAGED and nothing is written).
 * With data, exactly entry_data_bytes(e) bytes must then go to the same sink, and be told of with
 * manifest_writer_data as they do.
 */
int manifest_write_entry(struct manifest_writer *w, const struct entry *e, struct fault *f);

/* Bytes of the last record's data that went to the sink (the caller moved them there). */
void manifest_writer_data(struct manifest_writer *w, uint64_t bytes);

/* The last record, `end=` and `bytes=`.  Data still owed is FAULT_DAMAGED. */
int manifest_writer_end(struct manifest_writer *w, struct fault *f);

/*
 * For a writer that fails: the record `error=TEXT` instead of an end, written out as far as the
 * sink still takes it.  Within a file's data, which is not made up, the manifest just ends.
 */
void manifest_writer_fail(struct manifest_writer *w, const struct fault *why);

/* NULL is allowed. */
void manifest_writer_close(struct manifest_writer *w);

/*
 * The record of one entry as manifest(5) spells it (its fields, each with its NUL, then one more),
 * appended to a growing buffer.  For those that keep or hash records rather than write them.
 */
struct record_text {
    char *bytes;
    size_t length;
    size_t room;
};
int record_append(struct record_text *text, const struct entry *e, struct fault *f);
void record_free(struct record_text *text);

#endif
