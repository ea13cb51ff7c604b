/* SPDX-License-Identifier: MIT */
/* A qcow2 image with its backing files, from the outermost to the last: what they are, and which of
 * them has what.  For whoever shows an image; to read one, qcow2.h is enough. */
#ifndef QCOW2_CHAIN_H
#define QCOW2_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"
#include "io/reader.h"
#include "io/source.h"
#include "qcow2/qcow2.h"
#include "qcow2/table.h"

/* One image of a chain. */
struct qcow2_layer {
    struct source *lower;  /* the image file; owned */
    bool raw;              /* a raw file: always the last; of what follows only size is then used */
    uint64_t size;         /* of the disk, bytes */
    struct reader *reader; /* of its metadata; owned */
    struct qcow2_header header;
    struct qcow2_table table;
    struct source *external; /* its data file; owned; NULL: the image has its data itself */
    char *directory;         /* where the names in it count from; NULL: it is the outermost */
    bool identified;         /* device and inode are known */
    dev_t device;
    ino_t inode;
};

struct qcow2_chain {
    size_t count;
    struct qcow2_layer *layers[QCOW2_CHAIN_MAX]; /* [0] is the outermost */
};

/* Open an image and all its backing files: see qcow2_open.  With `raw` the outermost is a raw file,
 * and so the only one.  *chain is all zero before, and is to be closed whatever this returns; lower
 * is owned at once. */
int qcow2_chain_open(struct qcow2_chain *chain, struct source *lower, bool raw, const char *path,
                     const struct qcow2_options *options, struct fault *f);

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
int qcow2_chain_find(struct qcow2_chain *chain, uint64_t offset, uint64_t length,
                     struct qcow2_place *out, struct fault *f);

/* The bytes of a place that is raw or QCOW2_DATA, from its start on: as source_map.  FAULT_DAMAGED
 * if the file ends before them. */
int qcow2_chain_map(struct qcow2_chain *chain, const struct qcow2_place *place, uint64_t offset,
                    struct extent *out, struct fault *f);

void qcow2_chain_close(struct qcow2_chain *chain);

#endif
