/* SPDX-License-Identifier: MIT */
/* Partition tables as sfdisk prints them: as JSON, and as a script. */
#ifndef PART_SHOW_H
#define PART_SHOW_H

#include <stdio.h>

#include "part/part.h"

/* In both `device` is what the disk is called; partitions are named after it as Linux does. */

/* What a partition holds, as somebody found out who looked into it.  NULL or "": not known. */
struct part_holding {
    const char *fstype;  /* as blkid(8) says it */
    const char *fslabel; /* bytes as they were found */
    const char *fsuuid;
};

/*
 * One object with the keys of `sfdisk --json`, in its order (but for "grain": what it would align
 * new partitions to), and in each partition "number", for a type that has one "typename", what is
 * known of its holding (one for each entry; NULL: nobody looked) by the names of the members, and
 * where there are some, "defects": an array of their words.
 */
void part_show_json(FILE *out, const struct part_table *t, const struct part_holding *holdings,
                    const char *device);

/* What `sfdisk --dump` prints (but for "grain"), and `sfdisk DISK` takes to make the same table
 * again. */
void part_show_script(FILE *out, const struct part_table *t, const char *device);

#endif
