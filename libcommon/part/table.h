/* SPDX-License-Identifier: MIT */
/* What the parsers of GPT and MBR share: the disk they read, the table they fill. */
#ifndef PART_TABLE_H
#define PART_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/reader.h"
#include "io/source.h"
#include "part/part.h"

/* Where a table is read from; all borrowed. */
struct part_input {
    struct source *disk;
    struct reader *reader;
    const struct notices *notices;
};

/* Exactly length bytes of the disk; a disk that ends before is FAULT_DAMAGED "WHAT needs ...". */
int part_input_read(const struct part_input *in, uint64_t offset, void *buffer, size_t length,
                    const char *what, struct fault *f);

/* The next entry, to be filled in: zeroed, valid until the next one is added. */
int part_table_add(struct part_table *t, struct part_entry **out, struct fault *f);

/* No partition may run past the end of the disk.  What a pipe has not yet told is not asked. */
int part_table_check_end(const struct part_table *t, const struct source *disk, struct fault *f);

/*
 * Find two partitions that share sectors; extended partitions, which hold others, do not count.
 * True if there are such; of several, those that start first.  FAULT_SYSTEM if memory is short.
 */
struct part_overlap {
    const struct part_entry *first, *second;
};
int part_table_overlap(const struct part_table *t, struct part_overlap *overlap, bool *found,
                       struct fault *f);

#endif
