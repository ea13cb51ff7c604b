/* SPDX-License-Identifier: MIT */
/* Directories: their names, sorted. */
#ifndef EXT4_DIR_H
#define EXT4_DIR_H

#include "ext4/inode.h"

struct ext4_dirent {
    uint32_t inode;
    uint8_t file_type; /* as stored; 0: not known */
    size_t name;       /* where its name starts in names */
};

/* What a directory lists beside `.` and `..`.  Zeroed before its first use; reused freely. */
struct ext4_listing {
    struct ext4_dirent *entries; /* in byte order of their names */
    size_t count;
    size_t room;
    char *names; /* each with its NUL */
    size_t names_used;
    size_t names_room;
    size_t encrypted; /* names that are not listed because they are encrypted */
    bool strange;     /* its `..` leads to another directory than the one it was come from */
};

enum { EXT4_RECORD_MIN_BYTES = 12 };

/* The length of a record, as stored: with 64 KiB blocks it can be as long as 16 bits cannot say. */
static inline uint32_t ext4_record_length(const struct ext4 *fs, uint16_t stored)
{
    if (fs->super.block_size < 1U << 16)
        return stored;
    if (stored == 0 || stored == 0xffff)
        return fs->super.block_size;
    return (stored & 0xfffcU) | (stored & 3U) << 16;
}

/*
 * Read a whole directory, whose map is loaded.  `parent` is the directory that `..` must lead to.
 * FAULT_DAMAGED for any record that breaks a rule, and for a name that is twice; with keep_going
 * that is told of, and the listing has the rest, unless it is `..` that leads elsewhere.
 */
int ext4_dir_list(struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent,
                  const struct ext4_map *map, struct ext4_listing *listing, struct fault *f);

/* Take the records of one block (0 is the directory's first), which has block_size bytes. */
int ext4_dir_block(struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent, uint64_t number,
                   const uint8_t *block, struct ext4_listing *listing, struct fault *f);

/* FAULT_DAMAGED unless a block's checksum is right, where there is to be one. */
int ext4_dir_checksum(const struct ext4 *fs, const struct ext4_inode *dir, uint64_t number,
                      const uint8_t *block, struct fault *f);

/* Take the records of a directory that lies in its inode (inline_data). */
int ext4_dir_inline(const struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent,
                    struct ext4_listing *listing, struct fault *f);

static inline const char *ext4_dirent_name(const struct ext4_listing *l, size_t i)
{
    return l->names + l->entries[i].name;
}

void ext4_listing_free(struct ext4_listing *listing);

#endif
