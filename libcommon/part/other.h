/* SPDX-License-Identifier: MIT */
/* Partition tables that are not read, to be named. */
#ifndef PART_OTHER_H
#define PART_OTHER_H

#include "base/fault.h"
#include "part/mbr.h"
#include "part/table.h"

/* Which of them a disk with this sector 0 has, with its article ("an Apple partition map"), or
 * NULL.  For disks that have neither a GPT nor an MBR: hybrid ISO images have an Apple partition
 * map as well. */
int other_find(const struct part_input *in, const uint8_t sector[MBR_BYTES], const char **name,
               struct fault *f);

#endif
