/* SPDX-License-Identifier: MIT */
/* A qcow2 image with its backing files, from the outermost to the last. */
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
    bool raw;              /* a raw file: always the last; what follows here is then unused */
    struct reader *reader; /* of its metadata; owned */
    struct qcow2_header header;
    struct qcow2_table table;
    char *directory; /* where its backing file's name counts from; NULL where there is none */
    bool identified; /* device and inode are known */
    dev_t device;
    ino_t inode;
};

struct qcow2_chain {
    size_t count;
    struct qcow2_layer *layers[QCOW2_CHAIN_MAX]; /* [0] is the outermost */
};

/* Open an image and all its backing files: see qcow2_open.  *chain is all zero before, and is to be
 * closed whatever this returns; lower is owned at once. */
int qcow2_chain_open(struct qcow2_chain *chain, struct source *lower, const char *path,
                     const struct qcow2_options *options, struct fault *f);

void qcow2_chain_close(struct qcow2_chain *chain);

#endif
