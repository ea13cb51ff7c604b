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

/* A new place: the name of an inode of this type in a directory, or the root (parent NULL, whatever
 * the name). */
int ext4_place_add(struct ext4_places *places, const struct ext4_place *parent, const char *name,
                   enum ext4_type type, const struct ext4_place **out, struct fault *f);

enum ext4_type ext4_place_type(const struct ext4_place *place);

/* The path of a place (not the root) that is known to be shorter than EXT4_PATH_MAX; it is put at
 * the end of buffer, and starts at the pointer that is returned. */
const char *ext4_place_path(const struct ext4_place *place, char buffer[EXT4_PATH_MAX]);

void ext4_places_free(struct ext4_places *places);

#endif
