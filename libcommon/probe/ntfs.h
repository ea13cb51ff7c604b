/* SPDX-License-Identifier: MIT */
/* The label of an NTFS file system (see probe/table.h). */
#ifndef PROBE_NTFS_H
#define PROBE_NTFS_H

#include "probe/probe.h"
#include "probe/super.h"
#include "probe/view.h"

/* The attribute $VOLUME_NAME of the file $Volume, record 3 of the master file table.  Records have
 * up to 4096 bytes, which is all that Windows makes; a damaged one has no label. */
int probe_ntfs_label(struct view *v, const struct probe_super *s, struct probe_names *n,
                     struct fault *f);

#endif
