/* SPDX-License-Identifier: MIT */
/* Writes a disk in one go: its table, its partitions, and holes between them. */
#ifndef CMD_SHARED_ASSEMBLE_H
#define CMD_SHARED_ASSEMBLE_H

#include "base/fault.h"
#include "base/progress.h"
#include "io/sink.h"
#include "part/plan.h"
#include "shared/contents.h"

/*
 * Write the whole disk of a plan that is laid out, with the pieces of its table, in the order of
 * offsets; each source is read once, from its start to its end.  A source whose length the plan
 * does not know and that has more bytes than its partition is FAULT_USAGE.  The sink is not
 * finished.
 */
int assemble(const struct part_plan *plan, const struct part_pieces *table,
             const struct contents *contents, struct sink *to, struct progress *progress,
             struct fault *f);

#endif
