/* SPDX-License-Identifier: MIT */
/* The entries of L2 tables: what they say of a cluster, and of its subclusters. */
#ifndef QCOW2_ENTRY_H
#define QCOW2_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "qcow2/header.h"

enum qcow2_kind {
    QCOW2_UNALLOCATED, /* the backing file has it, if there is one */
    QCOW2_ZERO,        /* reads as zeros, whatever the backing file has */
    QCOW2_DATA,
    QCOW2_COMPRESSED,
};

/* Clusters or subclusters that follow one another and are of one kind. */
struct qcow2_run {
    enum qcow2_kind kind;
    bool allocated;       /* there is a cluster for it, also if that is not read (unless DATA) */
    uint64_t start;       /* in the guest disk, aligned to subclusters */
    uint64_t length;      /* whole subclusters, also where the disk ends within the last */
    uint64_t host_offset; /* if allocated: in the file that has the data */
    uint32_t packed_max;  /* QCOW2_COMPRESSED (always one cluster): bytes that may belong to it */
};

/* The file that has the clusters: the image itself, or its external data file. */
struct qcow2_data {
    bool external;
    uint64_t size; /* of the file, bytes */
};

/* An L2 entry in host order. */
struct qcow2_entry {
    uint64_t descriptor;
    uint64_t bitmap; /* of an extended entry, else 0 */
};

/*
 * What an entry says of the cluster at `start` in the guest disk: the run of its subclusters from
 * number `first` on that are of one kind.  The entry is checked whole: reserved bits, alignment,
 * and whether what it points to lies within the file and not over the metadata that the header
 * knows.  (Not known, and so not refused: data over an L2 table, or over other data.)
 */
int qcow2_entry_decode(const struct qcow2_header *h, const struct qcow2_data *data,
                       const struct qcow2_entry *e, uint64_t start, unsigned first,
                       struct qcow2_run *run, struct fault *f);

#endif
