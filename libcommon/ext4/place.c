/* SPDX-License-Identifier: MIT */
/* Where in the tree a name is, kept as a chain of names. */
#include "ext4/place.h"

#include <stdlib.h>
#include <string.h>

struct ext4_place {
    const struct ext4_place *parent; /* NULL: the root */
    struct ext4_place *before;       /* the one made before this */
    enum ext4_type type;
    uint32_t links;
    uint32_t met;
    char name[];
};

int ext4_place_add(struct ext4_places *places, const struct ext4_place *parent, const char *name,
                   const struct ext4_inode *inode, struct ext4_place **out, struct fault *f)
{
    size_t bytes = strlen(name) + 1;
    struct ext4_place *place = malloc(sizeof(*place) + bytes);

    if (!place)
        return fault_memory(f, "a name", sizeof(*place) + bytes);
    place->parent = parent;
    place->before = places->last;
    place->type = inode->type;
    place->links = inode->links;
    place->met = 1;
    memcpy(place->name, name, bytes);
    places->last = place;
    *out = place;
    return 0;
}

enum ext4_type ext4_place_type(const struct ext4_place *place)
{
    return place->type;
}

uint32_t ext4_place_links(const struct ext4_place *place)
{
    return place->links;
}

uint32_t ext4_place_met(const struct ext4_place *place)
{
    return place->met;
}

void ext4_place_meet(struct ext4_place *place)
{
    place->met++;
}

const struct ext4_place *ext4_places_short(const struct ext4_places *places,
                                           const struct ext4_place *after)
{
    const struct ext4_place *place = after ? after->before : places->last;

    while (place && (place->type == EXT4_DIRECTORY || place->met >= place->links))
        place = place->before;
    return place;
}

const char *ext4_place_path(const struct ext4_place *place, char buffer[EXT4_PATH_MAX])
{
    char *at = buffer + EXT4_PATH_MAX - 1;

    *at = '\0';
    for (; place->parent; place = place->parent) {
        size_t length = strlen(place->name);

        at -= length;
        memcpy(at, place->name, length);
        *--at = '/';
    }
    return at;
}

void ext4_places_free(struct ext4_places *places)
{
    while (places->last) {
        struct ext4_place *place = places->last;

        places->last = place->before;
        free(place);
    }
}
