/* SPDX-License-Identifier: MIT */
/* The fields by which two entries of the same path can differ. */
#ifndef ENGRAM_FIELDS_H
#define ENGRAM_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "engram/engram.h"

/* In the order in which people are told of them: what matters most comes first. */
enum field {
    FIELD_TYPE,
    FIELD_LINK,    /* which name of the file is the first */
    FIELD_CONTENT, /* the data's bytes, by their SHA-256 */
    FIELD_SIZE,
    FIELD_EXTENT, /* where holes are */
    FIELD_TARGET,
    FIELD_RDEV,
    FIELD_MODE,
    FIELD_UID,
    FIELD_GID,
    FIELD_MTIME,
    FIELD_ATIME,
    FIELD_CTIME,
    FIELD_CRTIME,
    FIELD_XATTR,
    FIELD_COUNT
};

/* A field in a set of them. */
#define FIELD_BIT(field) (1U << (field))

/* What manifest(5) calls it; "content" for the data. */
const char *fields_name(enum field field);

/* Add the fields of a list, "mtime,uid", to a set.  False if one is none, or is the type, on which
 * the others depend. */
bool fields_parse(const char *list, unsigned *set);

/*
 * The set of fields in which two entries differ, neither of which is a hard link; so FIELD_LINK is
 * never in it.  What only files have is compared only of two files, and so on.  FIELD_EXTENT is not
 * in it where content and size both differ: then other extents are no news.
 */
unsigned fields_differ(const struct engram_item *a, const struct engram_item *b);

/*
 * The next attribute that two entries do not share: *x that of a and *y that of b, one of them NULL
 * if only the other has it.  *i and *j start from 0.  False if there are no more.
 */
bool fields_next_xattr(const struct entry *a, const struct entry *b, size_t *i, size_t *j,
                       const struct entry_xattr **x, const struct entry_xattr **y);

#endif
