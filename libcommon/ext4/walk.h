/* SPDX-License-Identifier: MIT */
/* The state of a walk, as its two halves share it: the way through the tree, and what is at a name.
 */
#ifndef EXT4_WALK_H
#define EXT4_WALK_H

#include "ext4/dir.h"
#include "ext4/place.h"
#include "ext4/seen.h"
#include "ext4/select.h"
#include "ext4/table.h"

/* A directory on the way from the root to the current name. */
struct frame {
    struct ext4_listing listing;
    size_t next;        /* the entry to go to */
    size_t path_length; /* of the directory's own path; 0 for the root */
    uint32_t inode;
    uint32_t links;       /* its i_links_count */
    uint32_t directories; /* met in it so far */
    uint64_t losses;      /* told of before it was read */
    enum ext4_selected selected;
    struct ext4_place *place; /* NULL until a file with several names needs it */
};

struct ext4_walk {
    struct ext4 *fs;
    struct ext4_selection selection;
    bool whole;           /* nothing is left out by the selection */
    struct frame *frames; /* those past depth keep their memory for the next directory */
    size_t depth;         /* frames in use */
    size_t room;          /* frames allocated */
    bool started;
    struct ext4_seen seen;   /* inodes met */
    struct ext4_table links; /* those with several names: the place of the first; or left out */
    struct ext4_places places;
    struct ext4_inode inode; /* the current one */
    struct ext4_map map;
    char *target; /* room for one block */
    char path[EXT4_PATH_MAX];
    char link[EXT4_PATH_MAX];
};

/* A name that the walk has come to: w->path. */
struct ext4_name {
    uint32_t inode;
    uint8_t file_type; /* as the directory says; 0: not known */
    uint32_t parent;   /* the directory's inode */
    size_t path_length;
    enum ext4_selected selected;
};

/* Fill in the node for a name; a directory becomes the last frame of the way.  *skip: it is left
 * out, which has been told. */
int ext4_visit(struct ext4_walk *w, const struct ext4_name *name, struct ext4_node *node,
               bool *skip, struct fault *f);

#endif
