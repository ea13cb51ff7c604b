/* SPDX-License-Identifier: MIT */
/* Where the parts of a planned table itself lie, in sectors. */
#ifndef PART_GEOMETRY_H
#define PART_GEOMETRY_H

#include <stdint.h>

#include "part/plan.h"

/* Where the primary's entries start. */
enum { GPT_ENTRY_LBA = 2 };

/* How long the array of entries is.  (UEFI 2.10, section 5.3.1, has at least 16384 bytes kept for
 * it; that much stays free unless the plan's first_lba or last_lba says otherwise.) */
uint64_t gpt_array_sectors(const struct part_plan *p);
uint64_t gpt_reserved_sectors(const struct part_plan *p);

/* Of a plan with an extended partition: sets where each logical partition's boot record lies: at
 * the start of the extended partition, and `grain` before the others or, where one has no such gap
 * before it, directly before each of them. */
void mbr_place_boot_records(struct part_plan *p);

#endif
