/* SPDX-License-Identifier: MIT */
/* ext2, ext3 and ext4 read: the tree of names, every inode's metadata, and where its data lies. */
#ifndef EXT4_EXT4_H
#define EXT4_EXT4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/source.h"

/*
 * Follows the kernel's documentation of the format (Documentation/filesystems/ext4).  Metadata is
 * read through a bounded cache and checked, with its checksums where the file system has them;
 * file data is only mapped, never read.  One thread at a time for everything about one file system.
 */
struct ext4;

/* What to do with a journal that has something to replay (feature needs_recovery). */
enum ext4_journal_mode {
    EXT4_JOURNAL_REPLAY, /* read the file system as it would be after that */
    EXT4_JOURNAL_IGNORE, /* read it as it is stored: an old state, or none at all */
    EXT4_JOURNAL_STRICT, /* refuse it */
};

/* How to read; all zero is the default. */
struct ext4_options {
    enum ext4_journal_mode journal;
    bool no_verify;  /* checksums of metadata are not looked at, but for the journal's own */
    bool keep_going; /* what is damaged is told of (NOTICE_LOSS) and left out */
    const struct notices *notices; /* NULL: nothing is told; else it outlives the file system */
};

/*
 * Open the file system on a device, which is borrowed and must outlive it.  The superblock is
 * checked whole: FAULT_DAMAGED if there is none or it makes no sense, FAULT_UNSUPPORTED with the
 * name of a feature that cannot be read.  A device whose size is known must hold the whole file
 * system.  A journal is replayed in memory (see EXT4_JOURNAL_REPLAY), the device is never written.
 *
 * Of a pipe that keeps what it reads (source_keep_only), what the block bitmaps show unused is not
 * kept, and nothing is read past the last block in use; not so where the bitmaps may be of another
 * time than the rest: with a journal to replay, or after an unclean end.
 */
int ext4_open(struct source *device, const struct ext4_options *options, struct ext4 **out,
              struct fault *f);

/* Does a device have the magic number of these file systems?  false also if it cannot be read. */
bool ext4_detect(struct source *device);

/* NULL is allowed. */
void ext4_close(struct ext4 *fs);

/*
 * Can the reading go on without what a fault (FAULT_DAMAGED, FAULT_UNSUPPORTED) is about?  With
 * keep_going the loss is told of as "TEXT: CONSEQUENCE", with the path before it that a walk has
 * come to, and 0 is returned; else f->code.
 */
int ext4_lose(struct ext4 *fs, const struct fault *f, const char *consequence);

/* ---- inodes ---- */

enum ext4_type {
    EXT4_FILE,
    EXT4_DIRECTORY,
    EXT4_SYMLINK,
    EXT4_CHAR_DEVICE,
    EXT4_BLOCK_DEVICE,
    EXT4_FIFO,
    EXT4_SOCKET,
};

struct ext4_time {
    int64_t seconds; /* since 1970, may be negative */
    uint32_t nanoseconds;
};

/* An inode, decoded and checked.  Zeroed before its first use; reused freely; ext4_inode_free. */
struct ext4_inode {
    uint32_t number;
    uint64_t where; /* bytes into the device */
    enum ext4_type type;
    uint32_t permissions; /* 07777 at most */
    uint32_t uid;
    uint32_t gid;
    uint32_t links; /* names; for directories not to be relied on */
    uint32_t flags;
    uint32_t generation;
    uint64_t size;     /* bytes */
    bool has_blocks;   /* i_blocks counts more than an attribute block */
    uint64_t file_acl; /* the attribute block, or 0 */
    struct ext4_time mtime, atime, ctime, crtime;
    bool has_crtime;
    uint32_t rdev_major, rdev_minor; /* devices */
    uint32_t extra_size;             /* bytes of fixed fields after the first 128 */
    uint8_t *raw;                    /* the whole inode as stored */
};

/* Inode `number` in *inode. */
int ext4_inode_read(struct ext4 *fs, uint32_t number, struct ext4_inode *inode, struct fault *f);
void ext4_inode_free(struct ext4_inode *inode);

/* Does what the inode holds lie in the inode itself? */
bool ext4_has_inline_data(const struct ext4_inode *inode);

/* Is what the inode holds, data or names or target, encrypted? */
bool ext4_is_encrypted(const struct ext4_inode *inode);

/*
 * Give every extended attribute of an inode that Linux shows to `take`, in the order they are
 * stored, by its full name ("user.x"), POSIX ACLs in the system.posix_acl_* form of getxattr(2).
 * name and value are valid during the call, which must not use the file system.
 */
typedef int ext4_xattr_take(void *context, const char *name, const void *value, size_t value_len,
                            struct fault *f);
int ext4_xattrs(struct ext4 *fs, const struct ext4_inode *inode, ext4_xattr_take *take,
                void *context, struct fault *f);

/* ---- where data lies ---- */

/* A run of bytes of an inode that has data: whole blocks except where the file ends, or what lies
 * in the inode itself (inline_data). */
struct ext4_run {
    uint64_t offset; /* bytes into the file */
    uint64_t length; /* bytes */
    uint64_t where;  /* bytes into the device */
};

/*
 * An inode's data: its runs in order, merged where both sides touch, all within size.  What lies
 * between them is holes: never allocated, or allocated and never written.  Zeroed before its first
 * use; reused freely; ext4_map_free.
 */
struct ext4_map {
    struct ext4_run *runs;
    size_t count;
    size_t room;     /* private: elements allocated */
    uint64_t size;   /* bytes */
    uint64_t blocks; /* blocks that the inode claims, those of the map itself included */
};

/* Read an inode's block map: extents, indirect blocks, or inline data.  FAULT_DAMAGED if it is not
 * well formed, ordered and within the file system.  Memory: 24 bytes for each run. */
int ext4_map_load(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                  struct fault *f);
void ext4_map_free(struct ext4_map *map);

/* The data of a map as a source.  The map and the file system are borrowed and must outlive it and
 * stay unchanged. */
int ext4_data_open(struct ext4 *fs, const struct ext4_map *map, struct source **out,
                   struct fault *f);

/* ---- the tree ---- */

/* One name.  Everything in it is valid until the next call on the walk.  Of an inode's further
 * names only path and link are filled in, the rest is NULL. */
struct ext4_node {
    const char *path; /* absolute, "/" is the root */
    const char *link; /* the path of the first name of the same inode, or NULL if this is it */
    const struct ext4_inode *inode;
    const char *target;         /* symbolic links, else NULL */
    const struct ext4_map *map; /* files, else NULL */
};

/* Room for a path and its NUL; a longer one is FAULT_UNSUPPORTED.  It is as much as a manifest(5)
 * can say, and 16 times what Linux can name. */
enum { EXT4_PATH_MAX = 64 << 10 };

/*
 * The inode that a path leads to.  With `follow`, symbolic links are followed, also the last, all
 * of them inside the file system: an absolute target counts from its root.  Without, only the last
 * may be one, which is then the answer.  FAULT_SYSTEM if there is nothing of that name.
 *
 * With keep_going, damage on the way that leaves the rest readable is passed by and not told of;
 * FAULT_DAMAGED if the name may have been lost there.
 */
int ext4_lookup(struct ext4 *fs, const char *path, bool follow, struct ext4_inode *inode,
                struct fault *f);

/* What of a tree is walked; all zero is everything. */
struct ext4_selection {
    /* Normal paths (operand_path): these with all they hold, and the directories on the way to
     * them.  None: everything. */
    char *const *paths;
    size_t path_count;
    /*
     * Patterns (operand_glob, operand_matches): what matches is left out with all it holds.  The
     * root is not left out.
     */
    const char *const *excludes;
    size_t exclude_count;
};

struct ext4_walk;

/*
 * Walk a tree depth first, children in byte order of their names; selection is borrowed.  Memory
 * follows the names in the directories on the way to the current one (a little is kept where the
 * way was longer before), the names of files with several and of the directories above them, and a
 * bit for each inode reached.
 */
int ext4_walk_open(struct ext4 *fs, const struct ext4_selection *selection, struct ext4_walk **out,
                   struct fault *f);

/*
 * The next name, *more true; *more false after the last, when a device that was walked whole was
 * also found to hold the whole file system (which reads a pipe up to its last block in use).
 *
 * A walk of everything checks link counts as well.  Encrypted files, and all that encrypted
 * directories hold, are told of (NOTICE_LOSS) and left out.  With keep_going so is what is damaged;
 * a file of which a block is is left out whole.
 */
int ext4_walk_next(struct ext4_walk *w, struct ext4_node *node, bool *more, struct fault *f);

/* Put the current name's path before a fault's text, as ext4_walk_next does with its own: for
 * faults met while using a node.  Returns f->code. */
int ext4_walk_about(const struct ext4_walk *w, struct fault *f);

/* For a fault, with the path in its text, because of which the current node, with an inode, cannot
 * be used.  With keep_going it is told, 0 is returned, and the further names of the inode will be
 * left out, too; not so for a directory, or for a fault that is not about the file system. */
int ext4_walk_lose(struct ext4_walk *w, const struct ext4_node *node, struct fault *f);

/* NULL is allowed. */
void ext4_walk_close(struct ext4_walk *w);

#endif
