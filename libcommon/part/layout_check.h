/* SPDX-License-Identifier: MIT */
/* Do the partitions of a plan that have their places stand in each other's way? */
#ifndef PART_LAYOUT_CHECK_H
#define PART_LAYOUT_CHECK_H

#include "base/fault.h"
#include "part/plan.h"

/* FAULT_USAGE: two partitions, or one and a boot record, share sectors; one starts before the first
 * usable sector; a logical one is not inside the extended one. */
int part_plan_check_places(const struct part_plan *p, struct fault *f);

#endif
