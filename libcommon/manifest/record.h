/* SPDX-License-Identifier: MIT */
/* What the reader and the writer of records agree on.  For manifest/ alone. */
#ifndef MANIFEST_RECORD_H
#define MANIFEST_RECORD_H

#include <stdint.h>

#include "base/fault.h"
#include "manifest/entry.h"

/* LIMITS of manifest(5). */
enum {
    RECORD_BYTES_MAX = 64 << 20, /* a record without its data */
    RECORD_PATH_MAX = 65535,     /* path, link and target, each */
    RECORD_MODE_MAX = 07777,
};
#define RECORD_SIZE_MAX ((uint64_t)INT64_MAX)

/* An order of `type=` values is nowhere needed; this is the set. */
#define RECORD_TYPES "fdlcbpsh"

enum { NANOSECONDS_PER_SECOND = 1000000000 };

/* path, link and target within RECORD_PATH_MAX; else `code`: damage where they are read, more than
 * is supported where they are to be written. */
int record_check_lengths(const struct entry *e, enum fault_code code, struct fault *f);

/*
 * Check what else must hold for an entry whichever way it came here: a clean path, a known type,
 * what the type requires, attributes in order, runs in order, merged and within the size.
 * FAULT_DAMAGED.
 */
int record_check(const struct entry *e, struct fault *f);

#endif
