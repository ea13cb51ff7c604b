/* SPDX-License-Identifier: MIT */
/* The memory for decoded blocks of an engram, and which of them goes when another comes. */
#ifndef ENGRAM_BLOCKSLOTS_H
#define ENGRAM_BLOCKSLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/pool.h"
#include "io/extent.h"

enum { BLOCKSLOTS = 256 };

/* Room for one block; empty without data. */
struct blockslot {
    struct pool_job job; /* first: a job is a slot */
    void *owner;         /* for the job */
    uint8_t *data;
    size_t room;
    uint32_t block;
    uint32_t last_chunk;  /* of the block */
    uint64_t used;        /* tick of its last use */
    uint32_t holds;       /* it stays while there are any */
    bool fresh;           /* loaded ahead, and not used yet */
    bool busy;            /* its job was submitted, and nobody has waited for it */
    bool loaded;          /* the block is in it; the job's answer while it is busy */
    uint64_t part;        /* not 0: its start was decoded, by the part of this number */
    size_t have;          /* bytes of it that are there so */
    struct extent stored; /* for the job */
};

/* Plain data, all-zero when new but for max_bytes and pool. */
struct blockslots {
    struct pool *pool;   /* that the jobs run in, or NULL */
    size_t max_bytes;    /* of all data; or one block if that is larger */
    size_t bytes;        /* of all data */
    size_t held_bytes;   /* of the slots with holds */
    unsigned held;       /* slots with holds */
    unsigned fresh;      /* slots that are */
    uint64_t tick;       /* of the latest use */
    uint32_t next_chunk; /* after the latest that was used; a reader that goes in order has no more
                            use for a block whose chunks all come before it, or hardly */
    struct blockslot slot[BLOCKSLOTS];
};

/* What may go to make room: of the first kind that there is, the longest unused. */
enum blockslots_effort {
    BLOCKSLOTS_PAST,   /* a block whose chunks all come before next_chunk */
    BLOCKSLOTS_UNHELD, /* or any without holds */
    BLOCKSLOTS_BUSY,   /* or one that is being loaded, though it has no holds any more */
};

/* A slot with room for a block of `bytes` bytes and all else zero; *out NULL if this effort makes
 * none. */
int blockslots_take(struct blockslots *b, size_t bytes, enum blockslots_effort effort,
                    struct blockslot **out, struct fault *f);

/* If a job loads it, wait for that. */
void blockslots_settle(struct blockslots *b, struct blockslot *s);

/* It is used now. */
void blockslots_use(struct blockslots *b, struct blockslot *s);

void blockslots_hold(struct blockslots *b, struct blockslot *s);
void blockslots_release(struct blockslots *b, struct blockslot *s);

/* Free all data; no job may run any more. */
void blockslots_free(struct blockslots *b);

#endif
