/* SPDX-License-Identifier: MIT */
/* An open file system as its modules share it. */
#ifndef EXT4_FS_H
#define EXT4_FS_H

#include "ext4/ext4.h"
#include "ext4/super.h"
#include "ext4/table.h"
#include "io/reader.h"

/* What is needed of a group descriptor. */
struct ext4_group {
    uint64_t inode_table;     /* its first block; the whole table lies within the file system */
    uint64_t block_bitmap;    /* a block within the file system */
    uint32_t bitmap_checksum; /* metadata_csum: of the block bitmap, 16 bits in short descriptors */
    uint32_t number;
    bool block_uninit; /* the block bitmap was never written: only metadata is in use */
    bool known;        /* the slot is filled */
};

/* Extent trees have up to five levels below the inode. */
enum { EXT4_GROUP_SLOTS = 1024, EXT4_TREE_DEPTH = 5 };

struct ext4_journal;
struct ext4_usage;

struct ext4 {
    struct source *device; /* borrowed; with a replayed journal, that map over it */
    struct ext4_options options;
    struct reader *reader;
    struct ext4_super super;
    uint8_t *tree;  /* EXT4_TREE_DEPTH blocks: the nodes that a block map's reader stands in */
    uint8_t *block; /* one block: of a directory, of attributes */
    struct ext4_group groups[EXT4_GROUP_SLOTS]; /* group N in slot N % EXT4_GROUP_SLOTS */
    struct ext4_journal *journal;               /* NULL: nothing was replayed */
    struct source *replayed;  /* owned: the map of the replayed journal, or NULL */
    struct ext4_usage *usage; /* NULL: bitmaps are not looked at */
    const char *about;        /* borrowed: the path that losses are about, or NULL */
    bool passing;             /* losses are not told of, only counted: a walk will come by */
    uint64_t passed;
    uint64_t losses;          /* how many have been told of */
    uint64_t claim_limit;     /* how many blocks the next map may claim */
    bool from_backup;         /* the superblock was damaged, a copy of it is used */
    struct ext4_table shared; /* blocks of attributes: how many inodes so far have each */
    struct ext4_table copies; /* groups (by number + 1) whose descriptor's copy is used */
};

/* The one gate for block numbers: [block, block + count) lies within the file system and past its
 * superblock. */
bool ext4_blocks_valid(const struct ext4 *fs, uint64_t block, uint64_t count);

/* One whole block, whose number ext4_blocks_valid has passed. */
int ext4_read_block(struct ext4 *fs, uint64_t block, uint8_t *buffer, struct fault *f);

/* Where the group's inodes are.  FAULT_DAMAGED unless its descriptor is in order. */
int ext4_group_get(struct ext4 *fs, uint32_t number, const struct ext4_group **out,
                   struct fault *f);

/* Where the descriptor of a group is: bytes into the device. */
uint64_t ext4_group_where(const struct ext4_super *s, uint32_t number);

/* How many blocks at the start of a group are the superblock and descriptors, or those copies of
 * them that are ever read. */
uint32_t ext4_group_base_blocks(const struct ext4_super *s, uint32_t number);

/* Read the descriptor of a group afresh, through a reader of the same device. */
int ext4_group_read(const struct ext4 *fs, struct reader *reader, uint32_t number,
                    struct ext4_group *g, struct fault *f);

/* Are the checksums of metadata there, and to be looked at? */
static inline bool ext4_verifies(const struct ext4 *fs)
{
    return ext4_has_metadata_csum(&fs->super) && !fs->options.no_verify;
}

/* metadata_csum: what the checksums of an inode and of its blocks start from. */
uint32_t ext4_inode_seed(const struct ext4 *fs, uint32_t number, uint32_t generation);

/* FAULT_DAMAGED with both numbers unless the checksums are the same. */
int ext4_checksum_compare(uint32_t stored, uint32_t computed, struct fault *f);

/* 0 if the device holds every block of the file system, or, of a pipe, every one in use; reads it
 * that far. */
int ext4_require_whole(struct ext4 *fs, struct fault *f);

#endif
