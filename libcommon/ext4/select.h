/* SPDX-License-Identifier: MIT */
/* Which names of a tree are walked: all, or parts of it, and not what is excluded. */
#ifndef EXT4_SELECT_H
#define EXT4_SELECT_H

#include <stdbool.h>

#include "ext4/ext4.h"

enum ext4_selected {
    EXT4_SKIPPED,    /* neither it nor what it holds */
    EXT4_ON_THE_WAY, /* a directory that is walked for what it holds */
    EXT4_SELECTED,   /* it and all it holds */
};

/* What is to be done with a path; `above` is what was done with the directory that it is in. */
enum ext4_selected ext4_select(const struct ext4_selection *s, const char *path,
                               enum ext4_selected above);

/* Does the selection leave nothing out? */
bool ext4_selects_all(const struct ext4_selection *s);

#endif
