/* SPDX-License-Identifier: MIT */
/* Where the bytes of a disk are, as JSON: what `qemu-img map --output=json` prints. */
#ifndef CMD_SHARED_IMAGEMAP_H
#define CMD_SHARED_IMAGEMAP_H

#include <stdio.h>

#include "base/fault.h"
#include "qcow2/chain.h"

/* Print the map of a whole chain: one array, an object per range, in order.  After a fault it ends
 * without its closing bracket. */
int imagemap_print(FILE *out, struct qcow2_chain *chain, struct fault *f);

#endif
