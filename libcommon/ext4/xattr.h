/* SPDX-License-Identifier: MIT */
/* Extended attributes: the table of them, wherever it is stored. */
#ifndef EXT4_XATTR_H
#define EXT4_XATTR_H

#include "ext4/inode.h"

/* `size` bytes that start with a table of attributes, whose values are counted from base; base
 * lies `header` bytes before the table, which are not part of `size`. */
struct ext4_xattr_area {
    const uint8_t *table;
    size_t size;
    size_t header;
    const struct ext4_inode *owner; /* whose attributes they are */
};

/* Give each attribute of a table to take; fs holds the values that have inodes of their own. */
int ext4_xattr_table(struct ext4 *fs, const struct ext4_xattr_area *area, ext4_xattr_take *take,
                     void *context, struct fault *f);

/* What of an inode's data is in its attribute system.data: *value within inode->raw, or NULL
 * (*len 0) if there is no such attribute. */
int ext4_xattr_inline_data(const struct ext4 *fs, const struct ext4_inode *inode,
                           const uint8_t **value, size_t *len, struct fault *f);

/* The longest value: what Linux takes (XATTR_SIZE_MAX). */
enum { EXT4_XATTR_SIZE_MAX = 64 << 10 };

/* An attribute whose value has an inode of its own, as its entry has it. */
struct ext4_value_inode {
    uint32_t number;
    const char *name; /* as stored: without its prefix, or a NUL */
    size_t name_length;
    size_t size;   /* bytes of the value */
    uint32_t hash; /* e_hash: of the name and of what the inode says is the value's hash */
    const struct ext4_inode *owner;
};

/* That value in *value, to be freed.  FAULT_DAMAGED unless it is the one that is meant. */
int ext4_value_inode_read(struct ext4 *fs, const struct ext4_value_inode *v, uint8_t **value,
                          struct fault *f);

#endif
