/* SPDX-License-Identifier: MIT */
/* The L1 and L2 tables of one qcow2 image: where the guest's clusters are. */
#ifndef QCOW2_TABLE_H
#define QCOW2_TABLE_H

#include <stdint.h>

#include "base/fault.h"
#include "io/reader.h"
#include "qcow2/entry.h"
#include "qcow2/header.h"

struct qcow2_table {
    const struct qcow2_header *header; /* borrowed */
    struct reader *reader;             /* borrowed */
    struct qcow2_data data;
    struct qcow2_run last; /* what was found last; length 0: nothing yet */
};

/*
 * Check every L1 entry that the guest disk needs: reserved bits, alignment, tables past the end of
 * the file, over the header or the L1 table, or used twice.  So no image makes its reader look at
 * more L2 entries than it has bytes.
 */
int qcow2_table_check(const struct qcow2_table *t, struct fault *f);

/*
 * The run that has the byte at offset, looked for no further than offset + length (which lies
 * within the guest disk).  Its start is at or before offset.
 */
int qcow2_table_find(struct qcow2_table *t, uint64_t offset, uint64_t length, struct qcow2_run *run,
                     struct fault *f);

/* How many clusters of the guest disk have one in the file, and how many of these are compressed.
 */
struct qcow2_counts {
    uint64_t allocated;
    uint64_t compressed;
};

/* Count them.  Every L2 table is read, and its entries are checked; no time is spent where there is
 * none, or a hole of the file in its place. */
int qcow2_table_count(const struct qcow2_table *t, struct qcow2_counts *counts, struct fault *f);

#endif
