/* SPDX-License-Identifier: MIT */
/* Which partition of a plan has which number, and which ones are logical. */
#ifndef PART_NUMBER_H
#define PART_NUMBER_H

#include "base/fault.h"
#include "part/plan.h"

/*
 * Give every wish its number and its type, and for MBR say which ones are logical; the extended
 * partition that more than four need is added.  FAULT_USAGE: numbers that are taken, that the table
 * has no room for, or that leave a gap between logical partitions.
 */
int part_plan_number(struct part_plan *p, struct fault *f);

/* The extended partition of a plan that is numbered, or NULL. */
struct part_wish *part_plan_extended(const struct part_plan *p);

#endif
