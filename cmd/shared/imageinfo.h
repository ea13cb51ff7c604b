/* SPDX-License-Identifier: MIT */
/* What a disk image is, with its backing chain: for people, and as JSON. */
#ifndef CMD_SHARED_IMAGEINFO_H
#define CMD_SHARED_IMAGEINFO_H

#include <stdio.h>

#include "base/fault.h"
#include "qcow2/chain.h"
#include "qcow2/extension.h"
#include "qcow2/table.h"

enum { IMAGEINFO_FEATURE_KINDS = 3 };

/* What is shown.  Snapshots are not kept: there may be many. */
struct imageinfo {
    const struct qcow2_chain *chain; /* borrowed */
    struct qcow2_counts counts;      /* of the outermost image's clusters */
    /* The names of its features, by kind and bit; empty: it does not have it. */
    char features[IMAGEINFO_FEATURE_KINDS][64][QCOW2_FEATURE_NAME_BYTES + 1];
};

/* Find out what is shown, and that all of it can be.  Takes the time that it takes to read the
 * snapshots and the L2 tables that there are. */
int imageinfo_read(struct imageinfo *info, const struct qcow2_chain *chain, struct fault *f);

/* Print it. */
int imageinfo_print(FILE *out, const struct imageinfo *info, struct fault *f);
int imageinfo_print_json(FILE *out, const struct imageinfo *info, struct fault *f);

#endif
