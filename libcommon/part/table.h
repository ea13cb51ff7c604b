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

/* Where a table is read from, and how; all borrowed. */
struct part_input {
    struct source *disk;
    struct reader *reader;
    const struct notices *notices;
    uint32_t sector_sizes[2]; /* bytes: with these a GPT is looked for, in this order */
    unsigned sector_size_count;
    char header_places[32]; /* where that is, for messages: "byte 512 or 4096" */
};

/* Exactly length bytes of the disk; a disk that ends before is FAULT_DAMAGED "WHAT needs ...". */
int part_input_read(const struct part_input *in, uint64_t offset, void *buffer, size_t length,
                    const char *what, struct fault *f);

/* The next entry, to be filled in: zeroed, valid until the next one is added. */
int part_table_add(struct part_table *t, struct part_entry **out, struct fault *f);

/* Where it lies: the sectors, and from them the bytes.  Finds it reversed, or past 2^64 bytes. */
void part_entry_place(struct part_entry *e, uint64_t first, uint64_t last, uint32_t sector_size);

/* Find and tell what passes the end of the disk.  What a pipe has not yet told is not asked. */
void part_table_check_end(struct part_table *t, const struct part_input *in);

/*
 * Find and tell which partitions share sectors; an extended one, which holds the logical ones,
 * counts among the primary ones only.  FAULT_SYSTEM if memory is short.
 */
int part_table_check_overlap(struct part_table *t, const struct part_input *in, struct fault *f);

#endif
