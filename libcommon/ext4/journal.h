/* SPDX-License-Identifier: MIT */
/* Recovery: which blocks of the file system the journal's log has newer contents of. */
#ifndef EXT4_JOURNAL_H
#define EXT4_JOURNAL_H

#include "ext4/fs.h"

/* One block of the file system that is rewritten. */
struct ext4_rewrite {
    uint64_t block;
    uint64_t where;    /* bytes into the device: its newer content, in the log */
    uint32_t sequence; /* the transaction that wrote it */
    uint32_t order;    /* how many blocks the log rewrites before this */
    bool escaped;      /* the content starts with JBD2's magic number, stored as zeros */
};

/* What a replay would write.  Zeroed before its first use; ext4_journal_free. */
struct ext4_journal {
    struct ext4_rewrite *rewrites; /* in order of their blocks, each block once */
    size_t count;
    size_t room;           /* private: elements allocated */
    uint32_t transactions; /* that the log holds whole */
    uint32_t error;        /* s_errno: why the journal was given up, or 0 */
};

/*
 * Read the journal of a file system (in its journal inode) as recovery by the kernel does: up to
 * the last transaction that was committed, without what was revoked.  Nothing is written.
 *
 * FAULT_DAMAGED if the journal makes no sense or a checksum in a committed transaction is wrong;
 * FAULT_UNSUPPORTED for features of the journal that are not known, and for fast commits that would
 * have to be replayed.  Memory: up to 64 bytes for each block that the log rewrites, and 32 for
 * each that it revokes.
 */
int ext4_journal_load(struct ext4 *fs, struct ext4_journal *journal, struct fault *f);
void ext4_journal_free(struct ext4_journal *journal);

/* The device as it would be after the replay, as one more map over it; the device is borrowed and
 * must outlive it, so must the journal, which must not change. */
int ext4_replay_open(struct source *device, uint32_t block_size, const struct ext4_journal *journal,
                     struct source **out, struct fault *f);

#endif
