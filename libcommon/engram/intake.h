/* SPDX-License-Identifier: MIT */
/* Takes entries and their data in, cut into chunks, and has the chunks hashed on many threads. */
#ifndef ENGRAM_INTAKE_H
#define ENGRAM_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"
#include "base/pool.h"
#include "engram/rules.h"
#include "manifest/entry.h"

struct intake;

/* An entry as it was taken in. */
struct intake_entry {
    const char *record; /* as manifest(5) spells it */
    size_t record_length;
    bool is_file;
    uint64_t data; /* bytes; 0 unless it is a file */
    enum profile profile;
};

/* A chunk of the last file that was given. */
struct intake_chunk {
    const uint8_t *bytes;
    uint32_t length;
    bool dense;   /* it will not compress */
    bool is_last; /* of the file */
    const uint8_t *sha256;
    const uint8_t *whole; /* is_last: the SHA-256 of the file */
};

/* Who gets what was taken in: the same calls in the same order for any number of threads. */
struct intake_target {
    int (*entry)(void *context, const struct intake_entry *e, struct fault *f);
    int (*chunk)(void *context, const struct intake_chunk *c, struct fault *f);
};

/*
 * Memory: BATCH_BYTES (batch.h) and a little more for each worker and two more.  All is borrowed.
 * One thread at a time.
 */
int intake_open(struct pool *pool, const struct rules *rules, const struct intake_target *target,
                void *context, struct intake **out, struct fault *f);

/* The next entry, copied; the data of the one before is complete. */
int intake_entry(struct intake *in, const struct entry *e, struct fault *f);

/* Some of the last entry's data, copied; entry_data_bytes in all. */
int intake_data(struct intake *in, const void *bytes, size_t length, struct fault *f);

/* Give the target all that is left. */
int intake_finish(struct intake *in, struct fault *f);

/* After the pool was closed.  NULL is allowed. */
void intake_close(struct intake *in);

#endif
