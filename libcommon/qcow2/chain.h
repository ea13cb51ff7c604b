/* SPDX-License-Identifier: MIT */
/* A qcow2 image with its backing files, from the outermost to the last.  For whoever shows an
 * image; to read one, qcow2.h is enough. */
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

void qcow2_chain_close(struct qcow2_chain *chain);

#endif
