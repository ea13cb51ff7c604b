/* SPDX-License-Identifier: MIT */
/* The names of a ZFS pool (see probe/table.h). */
#ifndef PROBE_ZFS_H
#define PROBE_ZFS_H

#include "probe/probe.h"
#include "probe/super.h"
#include "probe/view.h"

/* The pool's name and its number in decimal, of the configuration in the vdev label that starts at
 * s->offset.  What comes before a damaged pair of it is believed. */
int probe_zfs_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                    struct fault *f);

#endif
