/* SPDX-License-Identifier: MIT */
/* Partition tables as sfdisk prints them: as JSON, and as a script. */
#ifndef PART_SHOW_H
#define PART_SHOW_H

#include <stdio.h>

#include "part/part.h"

/* In both `device` is what the disk is called; partitions are named after it as Linux does. */

/* One object with the keys of `sfdisk --json`, in its order (but for "grain": what it would align
 * new partitions to), and in each partition "number", for a type that has one "typename", and where
 * there are some, "defects": an array of their words. */
void part_show_json(FILE *out, const struct part_table *t, const char *device);

/* What `sfdisk --dump` prints (but for "grain"), and `sfdisk DISK` takes to make the same table
 * again. */
void part_show_script(FILE *out, const struct part_table *t, const char *device);

#endif
