/* SPDX-License-Identifier: MIT */
/* What an engram says of its base: which engram that is, and which of its chunks are used. */
#ifndef ENGRAM_BASEREF_H
#define ENGRAM_BASEREF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"
#include "io/source.h"

/* Chunks `first` to `first + count - 1` are the base's `from` to `from + count - 1`. */
struct baseref_run {
    uint32_t first;
    uint32_t count;
    uint32_t from;
};

/* Plain data, all-zero when new. */
struct baseref {
    uint8_t identity[SHA256_BYTES]; /* the SHA-256 that ends its footer */
    uint64_t size;                  /* of its file, bytes */
    struct baseref_run *runs;       /* ascending, merged, not overlapping */
    uint32_t run_count;
    char *name; /* of its file, one component; bytes from a stranger */
};

enum { BASEREF_NAME_MAX = 255, BASEREF_SHOWN_BYTES = 400 };

/* May a base have this name?  One component, neither empty nor longer than a file's may be. */
bool baseref_is_name(const char *name);

/* How many bytes the base section of the tables has. */
uint64_t baseref_bytes(const struct baseref *r);

/* The base section, baseref_bytes of them. */
void baseref_put(const struct baseref *r, uint8_t *bytes);

/*
 * Decode and check the base section of an engram with so many chunks.  The runs are then in order,
 * within its chunks, and of numbers below 2^32; *covered is how many chunks they have.  If the base
 * has as many is still a claim.  *r is to be freed, also on failure.
 */
int baseref_get(const uint8_t *bytes, uint32_t length, uint32_t chunks, struct baseref *r,
                uint64_t *covered, struct fault *f);

/* What the runs say is known otherwise by now. */
void baseref_free_runs(struct baseref *r);

void baseref_free(struct baseref *r);

/* For messages: the name, in quotes and escaped, into a buffer of BASEREF_SHOWN_BYTES; returned. */
const char *baseref_shown(const struct baseref *r, char *buffer);

/* ---- a file that may be the base ---- */

/* What its last bytes say of a file. */
struct baseref_seen {
    bool is_engram; /* it ends in a footer; whether that is whole is not checked */
    uint8_t identity[SHA256_BYTES];
    uint64_t size;
};

int baseref_look(struct source *s, struct baseref_seen *seen, struct fault *f);

/* Is it the one?  If so, what its footer covers by digests is as it was. */
bool baseref_is(const struct baseref *r, const struct baseref_seen *seen);

/* FAULT_DAMAGED that says why it is not. */
int baseref_refuse(const struct baseref *r, const struct baseref_seen *seen, struct fault *f);

#endif
