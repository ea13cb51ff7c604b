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
};

/* Give each attribute of a table to take. */
int ext4_xattr_table(const struct ext4_xattr_area *area, ext4_xattr_take *take, void *context,
                     struct fault *f);

#endif
