/* SPDX-License-Identifier: MIT */
/* Partition tables as commands open them: where there is none, they say what there is instead. */
#ifndef CMD_SHARED_PARTTABLE_H
#define CMD_SHARED_PARTTABLE_H

#include "base/fault.h"
#include "io/source.h"
#include "part/part.h"
#include "shared/image.h"

/* part_read as the options want it.  If the disk has no (good) table, but as a whole holds a file
 * system or the like, FAULT_DAMAGED says so. */
int parttable_read(struct source *disk, const struct image_options *options,
                   const struct notices *notices, struct part_table **out, struct fault *f);

#endif
