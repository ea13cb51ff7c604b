/* SPDX-License-Identifier: MIT */
/* The types that are known, a row for each, and what shows that a device is of that type. */
#ifndef PROBE_TABLE_H
#define PROBE_TABLE_H

#include "probe/names.h"
#include "probe/probe.h"
#include "probe/super.h"
#include "probe/view.h"

enum { PROBE_MAGIC_MAX = 16 };

/* Bytes at a place, and where the superblock that they belong to starts. */
struct probe_mark {
    uint64_t super;    /* bytes from the device's start; with `align`, from its end */
    uint32_t align;    /* 0, or: at the last multiple of this that leaves `super` bytes behind it */
    uint32_t offset;   /* of the magic number into the superblock */
    uint32_t length;   /* bytes, 1 to PROBE_MAGIC_MAX */
    const char *magic; /* NULL ends a list */
};

struct probe_row {
    struct probe_answer answer;
    const struct probe_mark *marks; /* any one of them will do */
    /* What else must hold of a superblock with a mark.  NULL: the mark says enough. */
    bool (*check)(const struct probe_super *s);
    /* Instead of marks, for what lies at no fixed place. */
    int (*look)(struct view *v, bool *is, struct fault *f);
    struct probe_field label, uuid;
    /* Finds those of the names that are no such fields, and are "" when this is called.  s->bytes
     * are those that were checked.  A name that is damaged stays "". */
    int (*names)(struct view *v, const struct probe_super *s, struct probe_names *n,
                 struct fault *f);
};

/* In the order in which they are to be tried. */
extern const struct probe_row probe_rows[];
extern const size_t probe_row_count;

#endif
