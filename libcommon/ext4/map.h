/* SPDX-License-Identifier: MIT */
/* Block maps: what the readers of extent trees and of indirect blocks share. */
#ifndef EXT4_MAP_H
#define EXT4_MAP_H

#include "ext4/inode.h"

/* Count blocks that the inode claims, of its map or of its data; FAULT_DAMAGED once it claims more
 * than there are, so that a map which leads in circles comes to an end. */
int ext4_map_claim(struct ext4 *fs, struct ext4_map *map, uint64_t blocks, struct fault *f);

/* Add `blocks` blocks of data from the file's block `logical` (below 2^32, past those added before)
 * at the device's `physical`; what lies past the map's size is left out. */
int ext4_map_add(struct ext4 *fs, struct ext4_map *map, uint64_t logical, uint64_t physical,
                 uint64_t blocks, struct fault *f);

/* Add `length` bytes that lie `where` bytes into the device and follow what the map has so far. */
int ext4_map_add_bytes(struct ext4_map *map, uint64_t where, uint64_t length, struct fault *f);

/* Fill an empty map from the extent tree, or from the block numbers, in i_block, or with what is
 * stored in the inode. */
int ext4_extents_load(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                      struct fault *f);
int ext4_indirect_load(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                       struct fault *f);
int ext4_inline_load(const struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                     struct fault *f);

/* Read the data of a map into bytes, which has room for it; *end is where its first hole is, or its
 * size. */
int ext4_map_read(struct ext4 *fs, const struct ext4_map *map, uint8_t *bytes, uint64_t *end,
                  struct fault *f);

/* Where the byte at `offset` of the data is: its run, or NULL in a hole, when *next is where the
 * next run starts or the size. */
const struct ext4_run *ext4_map_find(const struct ext4_map *map, uint64_t offset, uint64_t *next);

#endif
