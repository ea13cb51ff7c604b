/* SPDX-License-Identifier: MIT */
/* The names of an ISO 9660 file system (see probe/table.h). */
#ifndef PROBE_ISO9660_H
#define PROBE_ISO9660_H

#include "probe/probe.h"
#include "probe/super.h"
#include "probe/view.h"

/*
 * The volume identifier, that of Joliet if it says more, and as UUID the time of the last
 * modification or else of the creation: "2024-01-31-12-00-00-00".  They are looked for in the first
 * 17 volume descriptors, as libblkid does.
 */
int probe_iso9660_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                        struct fault *f);

#endif
