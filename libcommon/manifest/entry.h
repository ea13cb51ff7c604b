/* SPDX-License-Identifier: MIT */
/* One name in a file tree with all its metadata: what a manifest record says. */
#ifndef MANIFEST_ENTRY_H
#define MANIFEST_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/* The value of `type=`. */
enum entry_type {
    ENTRY_FILE = 'f',
    ENTRY_DIRECTORY = 'd',
    ENTRY_SYMLINK = 'l',
    ENTRY_CHAR_DEVICE = 'c',
    ENTRY_BLOCK_DEVICE = 'b',
    ENTRY_FIFO = 'p',
    ENTRY_SOCKET = 's',
    ENTRY_HARD_LINK = 'h', /* one more name of a file; only path and link are meaningful */
};

struct entry_time {
    int64_t seconds; /* since 1970, may be negative */
    uint32_t nanoseconds;
};

/* Which of the times are present; mtime always is. */
enum entry_times { ENTRY_ATIME = 1, ENTRY_CTIME = 2, ENTRY_CRTIME = 4 };

struct entry_xattr {
    char *name; /* with its namespace: "user.x"; never empty, no NUL; may contain '=' */
    uint8_t *value;
    size_t value_len;
};

/* A run of bytes of the file that has data; everything between runs is a hole. */
struct entry_extent {
    uint64_t offset;
    uint64_t length;
};

/*
 * Plain data, filled by whoever makes it; entry_reset and entry_free release what it points to, all
 * of which is allocated with malloc.  xattrs are in byte order of their names; extents ascend, do
 * not touch and lie within size (manifest(5) asks for both).
 */
struct entry {
    char *path;     /* absolute; "/" is the root */
    char *link;     /* ENTRY_HARD_LINK: the first name of the same inode; else NULL */
    char *target;   /* ENTRY_SYMLINK, else NULL */
    bool only_name; /* no hard link to it will come: a writer need not remember it; not recorded */
    enum entry_type type;
    uint32_t mode; /* 07777 at most */
    uint32_t uid;
    uint32_t gid;
    unsigned times; /* enum entry_times bits */
    struct entry_time mtime, atime, ctime, crtime;
    uint32_t rdev_major, rdev_minor; /* devices */
    uint64_t size;                   /* ENTRY_FILE, bytes */
    struct entry_xattr *xattrs;
    size_t xattr_count;
    size_t xattr_room; /* private: elements allocated */
    struct entry_extent *extents;
    size_t extent_count;
    size_t extent_room; /* private */
};

/* Everything freed and zeroed, the arrays' memory kept for the next use. */
void entry_reset(struct entry *e);

/* Everything freed; *e is zeroed. */
void entry_free(struct entry *e);

/* Add an attribute (copied) or a run.  A run that starts where the last one ends is merged with it;
 * one that starts earlier is the caller's mistake and is FAULT_DAMAGED. */
int entry_add_xattr(struct entry *e, const char *name, const void *value, size_t value_len,
                    struct fault *f);
int entry_add_extent(struct entry *e, uint64_t offset, uint64_t length, struct fault *f);

/* Put the attributes into byte order of their names; two of one name are FAULT_DAMAGED. */
int entry_sort_xattrs(struct entry *e, struct fault *f);

/* Without any attributes. */
void entry_drop_xattrs(struct entry *e);

/* The sum of the runs' lengths: the data bytes that follow the record. */
uint64_t entry_data_bytes(const struct entry *e);

/* *to becomes a copy that shares nothing with from; *to is reset first. */
int entry_copy(struct entry *to, const struct entry *from, struct fault *f);

#endif
