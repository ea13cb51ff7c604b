/* SPDX-License-Identifier: MIT */
/* Reads a manifest(5), trusting nothing in it. */
#ifndef MANIFEST_READER_H
#define MANIFEST_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/stream.h"
#include "manifest/entry.h"

struct manifest_reader;

/* Start reading; takes the first record.  The stream is borrowed.  One thread at a time. */
int manifest_reader_open(struct stream *from, struct manifest_reader **out, struct fault *f);

/* Does data follow the records (`data=inline`)? */
bool manifest_has_data(const struct manifest_reader *r);

/*
 * The next entry in *e (reset first), *more true; or *more false after a proper `end`, whose counts
 * are checked and after which the input must end.  Data of the entry before that was not read is
 * skipped.  Every rule of manifest(5) is checked: fields and their order, numbers in canonical
 * form, paths clean, in order and below a directory seen before, hard links to files seen before.
 * FAULT_DAMAGED with the offset; an `error=` record is FAULT_DAMAGED with its text.
 */
int manifest_next(struct manifest_reader *r, struct entry *e, bool *more, struct fault *f);

/* The entry's data, in order, a piece for each call: *got bytes at *bytes, valid until the next
 * call on the reader; *got 0 when all is read. */
int manifest_data(struct manifest_reader *r, const uint8_t **bytes, size_t *got, struct fault *f);

/* NULL is allowed. */
void manifest_reader_close(struct manifest_reader *r);

/*
 * Parse the fields of one record (no NUL after the last empty field needed: `text` holds exactly
 * the record as record_append makes it).  For those that keep records.
 */
int record_parse(const char *text, size_t length, struct entry *e, struct fault *f);

#endif
