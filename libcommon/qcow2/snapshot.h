/* SPDX-License-Identifier: MIT */
/* The internal snapshots of a qcow2 image: earlier states of its disk. */
#ifndef QCOW2_SNAPSHOT_H
#define QCOW2_SNAPSHOT_H

#include <stdint.h>

#include "base/fault.h"
#include "io/reader.h"
#include "qcow2/header.h"

/* One snapshot.  Only what matters to a disk; the state of the machine is passed over. */
struct qcow2_snapshot {
    char *id;   /* unescaped; owned */
    char *name; /* unescaped; owned */
    uint64_t l1_table_offset;
    uint32_t l1_size;
    uint32_t date_sec; /* since 1970, UTC */
    uint32_t date_nsec;
    uint64_t vm_clock_nsec;
    uint64_t vm_state_size; /* bytes */
    uint64_t disk_size;     /* bytes: of the disk then, or the image's if that is not recorded */
};

/* Walks the snapshot table.  Borrows the reader and the header. */
struct qcow2_snapshot_walk {
    struct reader *reader;
    const struct qcow2_header *header;
    uint64_t at;     /* offset of the next entry */
    uint32_t number; /* of entries that were met */
};

/* Get ready for the first snapshot; FAULT_DAMAGED if the table cannot be where the header says. */
int qcow2_snapshots_start(struct qcow2_snapshot_walk *w, struct reader *r,
                          const struct qcow2_header *h, struct fault *f);

/* 1 and the next snapshot, which is to be freed with qcow2_snapshot_free; 0 after the last. */
int qcow2_snapshots_next(struct qcow2_snapshot_walk *w, struct qcow2_snapshot *out,
                         struct fault *f);

void qcow2_snapshot_free(struct qcow2_snapshot *s);

/* Make a header say what it said when the snapshot with this name or ID was taken: the disk's size
 * and its L1 table, which is checked.  FAULT_USAGE if there is none, or more than one. */
int qcow2_snapshot_use(struct reader *r, struct qcow2_header *h, const char *wanted,
                       struct fault *f);

#endif
