/* SPDX-License-Identifier: MIT */
/* Entries and chunks of data that are on their way into an engram, and the hashing of these. */
#ifndef ENGRAM_BATCH_H
#define ENGRAM_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"
#include "base/pool.h"
#include "engram/profile.h"
#include "manifest/writer.h"

/* An entry; the chunks from first_cut on, up to those of the next entry, are its data. */
struct batch_item {
    size_t record_length; /* the records are end to end in `records` */
    size_t first_cut;
    bool is_file;
    uint64_t data; /* bytes of a file */
    enum profile profile;
};

/* A chunk; the chunks are end to end in `bytes`. */
struct batch_cut {
    uint32_t length;
    bool is_first, is_last; /* of its file */
    bool dense;             /* it will not compress */
    uint8_t sha256[SHA256_BYTES];
    uint8_t whole[SHA256_BYTES]; /* is_last: of the file */
};

/* What files of several chunks need: their data hashed in order, batch after batch. */
struct lane;
int lane_open(struct lane **out, struct fault *f);
void lane_close(struct lane *l); /* NULL is allowed */

/* Plain data, all-zero when new. */
struct batch {
    struct pool_job job; /* first: a job is a batch */
    struct lane *lane;   /* borrowed */
    uint64_t number;     /* the place in the lane */
    uint8_t *bytes;      /* BATCH_BYTES, allocated by batch_prepare */
    size_t length;       /* of the chunks in it, and of what is not yet cut after them */
    size_t cut_bytes;    /* of the chunks */
    struct batch_cut *cuts;
    size_t cut_count, cut_room;
    struct batch_item *items;
    size_t item_count, item_room;
    struct record_text records;
};

enum {
    BATCH_BYTES = 4 << 20,
    /* A batch is full with so much of anything else. */
    BATCH_ELEMENTS = 8192,
    BATCH_RECORD_BYTES = 1 << 20,
};

/* Make it empty and ready. */
int batch_prepare(struct batch *b, struct fault *f);

/* What is in it is no longer needed: give memory back if it has more than is usual, as a record of
 * unusual size takes.  Before batch_prepare. */
void batch_trim(struct batch *b);

int batch_add_item(struct batch *b, const struct batch_item *item, struct fault *f);
int batch_add_cut(struct batch *b, const struct batch_cut *cut, struct fault *f);

/* No more entries or chunks should go in. */
bool batch_is_full(const struct batch *b);

/* The job: fill in the digests and `dense`.  The jobs of one lane must be started in the order of
 * their numbers, from 0 without a gap. */
void batch_hash(struct pool_job *job, unsigned worker);

void batch_free(struct batch *b);

#endif
