/* SPDX-License-Identifier: MIT */
/* Where in the tree a name is, kept as a chain of names: the memory that many places take follows
 * their names, not their paths, which share most of their bytes. */
#ifndef EXT4_PLACE_H
#define EXT4_PLACE_H

#include "base/fault.h"
#include "ext4/ext4.h"

struct ext4_place;

/* All places that were made, which live until ext4_places_free.  Zeroed before its first use. */
struct ext4_places {
    struct ext4_place *last;
};

/* A new place: the name of an inode in a directory, or the root (parent NULL, whatever the name).
 */
int ext4_place_add(struct ext4_places *places, const struct ext4_place *parent, const char *name,
                   const struct ext4_inode *inode, struct ext4_place **out, struct fault *f);

enum ext4_type ext4_place_type(const struct ext4_place *place);

/* The inode's link count, and how many of its names have been met: 1, and one more each time that
 * ext4_place_meet is told of another. */
uint32_t ext4_place_links(const struct ext4_place *place);
uint32_t ext4_place_met(const struct ext4_place *place);
void ext4_place_meet(struct ext4_place *place);

/* The file made last before `after` (NULL: at all) of which fewer names than links were met, or
 * NULL.
 */
const struct ext4_place *ext4_places_short(const struct ext4_places *places,
                                           const struct ext4_place *after);

/* The path of a place (not the root) that is known to be shorter than EXT4_PATH_MAX; it is put at
 * the end of buffer, and starts at the pointer that is returned. */
const char *ext4_place_path(const struct ext4_place *place, char buffer[EXT4_PATH_MAX]);

void ext4_places_free(struct ext4_places *places);

#endif
