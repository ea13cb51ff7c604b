/* SPDX-License-Identifier: MIT */
/* The journal as it is stored (JBD2): its superblock, the blocks of its log, and their checksums.
 */
#ifndef EXT4_JBD2_H
#define EXT4_JBD2_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

/* Follows the kernel's documentation of the format (Documentation/filesystems/ext4/journal.rst).
 * All of it is big-endian. */

enum jbd2_block_type {
    JBD2_DESCRIPTOR_BLOCK = 1,
    JBD2_COMMIT_BLOCK = 2,
    JBD2_SUPERBLOCK_V1 = 3,
    JBD2_SUPERBLOCK_V2 = 4,
    JBD2_REVOKE_BLOCK = 5,
};

enum { JBD2_COMPAT_CHECKSUM = 0x1 };
enum jbd2_incompat {
    JBD2_INCOMPAT_REVOKE = 0x1,
    JBD2_INCOMPAT_64BIT = 0x2,
    JBD2_INCOMPAT_ASYNC_COMMIT = 0x4,
    JBD2_INCOMPAT_CSUM_V2 = 0x8,
    JBD2_INCOMPAT_CSUM_V3 = 0x10,
    JBD2_INCOMPAT_FAST_COMMIT = 0x20,
};

enum jbd2_tag_flag {
    JBD2_FLAG_ESCAPE = 1, /* the block starts with the magic number, stored as zeros */
    JBD2_FLAG_SAME_UUID = 2,
    JBD2_FLAG_LAST_TAG = 8,
};

/* What a block of the log starts with, and an escaped block when it is restored. */
extern const uint8_t jbd2_magic[4];

enum { JBD2_SUPERBLOCK_BYTES = 1024 };

/* The superblock, in host order.  Valid once jbd2_super_decode said so.  Blocks count from the
 * journal's start. */
struct jbd2_super {
    uint32_t blocksize; /* bytes */
    uint32_t maxlen;    /* blocks of the journal */
    uint32_t first;     /* the log's first block */
    uint32_t last;      /* the block after the log, where it wraps to first */
    uint32_t sequence;  /* of the first transaction in the log */
    uint32_t start;     /* the block where that starts; 0: the log is empty */
    uint32_t error;     /* s_errno */
    uint32_t compat, incompat, ro_compat;
    uint32_t checksum_seed; /* csum_v2, csum_v3 */
};

/* Decode and check the first JBD2_SUPERBLOCK_BYTES bytes of a journal of `blocks` blocks of
 * `block_size` bytes.  FAULT_UNSUPPORTED for a feature that is not known. */
int jbd2_super_decode(const uint8_t *bytes, uint32_t block_size, uint64_t blocks,
                      struct jbd2_super *s, struct fault *f);

static inline bool jbd2_has_csum_v2or3(const struct jbd2_super *s)
{
    return s->incompat & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3);
}

/* The block after this one in the log. */
static inline uint32_t jbd2_next(const struct jbd2_super *s, uint32_t block)
{
    return block + 1 < s->last ? block + 1 : s->first;
}

/* Is this a block of the log, of this transaction?  *type is then its h_blocktype. */
bool jbd2_block_is(const uint8_t *block, uint32_t sequence, uint32_t *type);

/* Is the checksum at the end of a descriptor or revoke block right, or is there to be none? */
bool jbd2_tail_is_right(const struct jbd2_super *s, const uint8_t *block);

/* ---- descriptor blocks ---- */

/* One block that a transaction rewrites; its content is the next block of the log. */
struct jbd2_tag {
    uint64_t blocknr; /* of the file system */
    uint32_t flags;
    uint32_t checksum;
};

/* The place in a descriptor block.  Starts as {.super, .block}, the rest zero. */
struct jbd2_tags {
    const struct jbd2_super *super;
    const uint8_t *block;
    uint32_t at;
    bool ended;
};

/* The next tag, or false after the last.  A block has no more than blocksize / 8. */
bool jbd2_tags_next(struct jbd2_tags *tags, struct jbd2_tag *tag);

/* Is the block of the log that belongs to a tag what the tag's checksum says, or has it none? */
bool jbd2_data_is_right(const struct jbd2_super *s, const struct jbd2_tag *tag, uint32_t sequence,
                        const uint8_t *data);

/* ---- commit blocks ---- */

/* When the transaction was committed (h_commit_sec), seconds. */
uint64_t jbd2_commit_seconds(const uint8_t *block);

/*
 * Is a commit block's own checksum right (csum_v2, csum_v3), or is there to be none?  With the
 * older checksum feature, `crc` is what the transaction's blocks give.  A commit block of which
 * only the header was written counts as right if that is what its checksum covers.
 */
bool jbd2_commit_is_right(const struct jbd2_super *s, const uint8_t *block, uint32_t crc);

/* ---- revoke blocks ---- */

/* How many records a revoke block has.  FAULT_DAMAGED if it claims more than fit. */
int jbd2_revoke_count(const struct jbd2_super *s, const uint8_t *block, uint32_t *count,
                      struct fault *f);

/* The i-th block number in it. */
uint64_t jbd2_revoke_at(const struct jbd2_super *s, const uint8_t *block, uint32_t i);

#endif
