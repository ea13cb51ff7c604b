/* SPDX-License-Identifier: MIT */
/* Looks for UDF, which starts with a list of descriptors. */
#ifndef PROBE_UDF_H
#define PROBE_UDF_H

#include "probe/view.h"

/* A volume recognition sequence that names UDF (ECMA-167, 2/8 and 3/9), if need be after the
 * descriptors of an ISO 9660 file system on the same disc. */
int probe_look_udf(struct view *v, bool *is, struct fault *f);

#endif
