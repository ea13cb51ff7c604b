/* SPDX-License-Identifier: MIT */
/* Which image of a chain has what, and where. */
#ifndef QCOW2_PLACE_H
#define QCOW2_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/source.h"
#include "qcow2/chain.h"

/* What a range of the disk is, as far as it is one thing. */
struct qcow2_place {
    size_t depth; /* the image that decides: a number in layers */
    bool raw;     /* that image is raw: host_offset in it is what there is; the rest is unused */
    enum qcow2_kind kind;
    bool allocated;       /* see struct qcow2_run */
    uint64_t length;      /* bytes */
    uint64_t host_offset; /* of the range's start, or QCOW2_COMPRESSED: of the cluster */
    uint32_t packed_max;  /* QCOW2_COMPRESSED: see struct qcow2_run */
    uint32_t skip;        /* QCOW2_COMPRESSED: the range starts this far into the cluster */
};

/* Where the bytes from offset on come from, up to length of them, which lie within the disk.
 * QCOW2_UNALLOCATED: from nowhere, so that they are zeros. */
int qcow2_place_find(struct qcow2_chain *chain, uint64_t offset, uint64_t length,
                     struct qcow2_place *out, struct fault *f);

/* The bytes of a place that is raw or QCOW2_DATA, from its start on: as source_map.  FAULT_DAMAGED
 * if the file ends before them. */
int qcow2_place_map(struct qcow2_chain *chain, const struct qcow2_place *place, uint64_t offset,
                    struct extent *out, struct fault *f);

#endif
