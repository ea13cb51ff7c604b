/* SPDX-License-Identifier: MIT */
/* The journal's log, read block after block: what the passes over it share. */
#ifndef EXT4_LOG_H
#define EXT4_LOG_H

#include "ext4/fs.h"
#include "ext4/jbd2.h"

/* A journal that is being read.  Blocks count from its start. */
struct ext4_log {
    struct ext4 *fs;
    struct jbd2_super super;
    struct ext4_map map; /* the journal inode's */
    uint8_t *block;      /* one block: the control block that is looked at */
    uint8_t *data;       /* one block: content of another */
};

/* Open the journal in a file system's journal inode.  To be closed also on failure. */
int ext4_log_open(struct ext4 *fs, struct ext4_log *l, struct fault *f);
void ext4_log_close(struct ext4_log *l);

/* Where a block of the journal is on the device; FAULT_DAMAGED for a hole. */
int ext4_log_locate(const struct ext4_log *l, uint32_t block, uint64_t *where, struct fault *f);

/* The content of a block, blocksize bytes. */
int ext4_log_read(const struct ext4_log *l, uint32_t block, uint8_t *buffer, struct fault *f);

/* How far a pass over the log has come. */
struct ext4_log_place {
    uint32_t block;    /* comes next */
    uint32_t sequence; /* of the transaction that it should belong to */
    uint64_t passed;   /* blocks so far */
};

/* Where the log starts; super.start is not 0. */
static inline struct ext4_log_place ext4_log_start(const struct ext4_log *l)
{
    return (struct ext4_log_place){.block = l->super.start, .sequence = l->super.sequence};
}

/* Go on by one block.  A transaction that was being written may tell of more than the log has. */
void ext4_log_pass(const struct ext4_log *l, struct ext4_log_place *p);

/* The control block at a place, in l->block, and on to what follows it; *type is 0, and the place
 * stays, if there is none of the transaction that is to come.  FAULT_DAMAGED for one that has been
 * passed before: the log leads in a circle. */
int ext4_log_next(const struct ext4_log *l, struct ext4_log_place *p, uint32_t *type,
                  struct fault *f);

/*
 * The first pass: *end is the transaction after the last that was committed.  A log ends with what
 * is no block of the transaction that should come next, or with a transaction that is not whole.
 * FAULT_DAMAGED for a checksum that is wrong in a transaction which was committed.
 */
int ext4_log_scan(const struct ext4_log *l, uint32_t *end, struct fault *f);

#endif
