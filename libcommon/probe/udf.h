/* SPDX-License-Identifier: MIT */
/* UDF, which starts with a list of descriptors: looks for it, and for its names (see
 * probe/table.h). */
#ifndef PROBE_UDF_H
#define PROBE_UDF_H

#include "probe/probe.h"
#include "probe/super.h"
#include "probe/view.h"

/* A volume recognition sequence that names UDF (ECMA-167, 2/8 and 3/9), if need be after the
 * descriptors of an ISO 9660 file system on the same disc. */
int probe_look_udf(struct view *v, bool *is, struct fault *f);

/*
 * The logical volume's identifier, and 16 digits that libblkid makes of the volume set's
 * identifier: of its first 16 bytes as UTF-8 all, or the first 8, stand for themselves if they are
 * hexadecimal digits (as they should be), and those after them for two digits each.
 *
 * The identifiers are those of the main sequence of volume descriptors, of which 64 are looked at,
 * by the anchor in sector 256.
 */
int probe_udf_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                    struct fault *f);

#endif
