/* SPDX-License-Identifier: MIT */
/* The host files that images name: backing files and data files, opened only where they may lie. */
#ifndef QCOW2_NAMED_H
#define QCOW2_NAMED_H

#include <sys/types.h>

#include "base/fault.h"
#include "io/confine.h"
#include "io/source.h"
#include "qcow2/qcow2.h"

/* Opens them.  All but the first two members starts as zero; qcow2_opener_close frees it. */
struct qcow2_opener {
    const char *path; /* of the outermost image, or NULL; borrowed */
    const struct qcow2_options *options;
    struct confine *confine; /* NULL until the first file */
};

/* A file that an image names. */
struct qcow2_wanted {
    const char *what;      /* "backing file" or "data file" */
    const char *name;      /* as the image has it */
    const char *image;     /* the path of the image, for messages */
    const char *directory; /* that of the image, as found here; NULL: it is the outermost */
};

/* The file opened. */
struct qcow2_found {
    struct source *source; /* the caller's */
    char *directory;       /* the caller's: where names in it count from */
    dev_t device;
    ino_t inode;
};

/* Open it, or say why not: see qcow2_open. */
int qcow2_opener_find(struct qcow2_opener *o, const struct qcow2_wanted *w, struct qcow2_found *out,
                      struct fault *f);

void qcow2_opener_close(struct qcow2_opener *o);

#endif
