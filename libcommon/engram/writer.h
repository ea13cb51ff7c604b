/* SPDX-License-Identifier: MIT */
/* Writes an engram(5) in one pass, from entries in manifest order and their data. */
#ifndef ENGRAM_WRITER_H
#define ENGRAM_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/engram.h"
#include "engram/rules.h"
#include "io/sink.h"
#include "manifest/entry.h"

struct engram_writer;

/*
 * Start an engram on a sink.  The sink and the rules are borrowed.  The same entries, data and
 * rules give the same bytes, for any number of threads.  Memory: see the limits in engram-pack(1).
 * One thread at a time.
 */
int engram_writer_open(struct sink *to, const struct rules *rules, unsigned threads,
                       struct engram_writer **out, struct fault *f);

/* The same of an engram that has a base: what that has is not stored again.  Both are borrowed. */
struct engram_writer_base {
    const struct engram *engram; /* with its own bases, open */
    const char *name;            /* of its file: one component, by which readers look for it */
};
int engram_writer_open_based(struct sink *to, const struct rules *rules, unsigned threads,
                             const struct engram_writer_base *base, struct engram_writer **out,
                             struct fault *f);

/* May it be a base?  Else FAULT_USAGE or FAULT_UNSUPPORTED, as engram_writer_open_based says too.
 */
int engram_writer_check_base(const struct engram_writer_base *base, struct fault *f);

/* The memory that an open base takes, and that the writer takes for it, bytes. */
uint64_t engram_writer_base_memory(const struct engram_writer_base *base);

/* The next entry, copied.  Entries come as manifest_next gives them: it has checked them and their
 * order, this does not.  The data of the entry before must be complete: FAULT_DAMAGED otherwise. */
int engram_writer_entry(struct engram_writer *w, const struct entry *e, struct fault *f);

/* Some of the last entry's data, in order, entry_data_bytes in all; more is FAULT_DAMAGED. */
int engram_writer_data(struct engram_writer *w, const void *bytes, size_t length, struct fault *f);

/* How many bytes have gone to the sink so far. */
uint64_t engram_writer_bytes(const struct engram_writer *w);

/* Write all that is left and fill in *info.  The sink is not finished. */
int engram_writer_finish(struct engram_writer *w, struct engram_info *info, struct fault *f);

/* What the files of one profile came to. */
struct engram_writer_stats {
    uint64_t files;
    uint64_t data_bytes;     /* of their data */
    uint64_t distinct_bytes; /* of those chunks of it that no file before had */
    uint64_t stored_bytes;   /* that these got, compressed */
};

/* After engram_writer_finish: one for each profile. */
void engram_writer_stats(const struct engram_writer *w,
                         struct engram_writer_stats stats[PROFILE_COUNT]);

/* After engram_writer_finish: bytes of the index.  All else in the engram are header, tables and
 * footer. */
uint64_t engram_writer_index_bytes(const struct engram_writer *w);

/* NULL is allowed.  Without engram_writer_finish, what is in the sink is no engram. */
void engram_writer_close(struct engram_writer *w);

#endif
