/* SPDX-License-Identifier: MIT */
/* The L1 and L2 tables of one qcow2 image: where the guest's clusters are. */
#ifndef QCOW2_TABLE_H
#define QCOW2_TABLE_H

#include <stdint.h>

#include "base/fault.h"
#include "io/reader.h"
#include "qcow2/header.h"

enum qcow2_kind {
    QCOW2_UNALLOCATED, /* the backing file has it, if there is one */
    QCOW2_ZERO,        /* reads as zeros, whatever the backing file has */
    QCOW2_DATA,
    QCOW2_COMPRESSED,
};

/* Clusters that follow one another and are of one kind. */
struct qcow2_run {
    enum qcow2_kind kind;
    uint64_t start;       /* in the guest disk, cluster-aligned */
    uint64_t length;      /* whole clusters, also where the disk ends within the last */
    uint64_t host_offset; /* QCOW2_DATA and QCOW2_COMPRESSED: in the image file */
    uint32_t packed_max;  /* QCOW2_COMPRESSED (always one cluster): bytes that may belong to it */
};

struct qcow2_table {
    const struct qcow2_header *header; /* borrowed */
    struct reader *reader;             /* borrowed */
    struct qcow2_run last;             /* what was found last; length 0: nothing yet */
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

#endif
