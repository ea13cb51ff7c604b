/* SPDX-License-Identifier: MIT */
/* The names of FAT and exFAT file systems (see probe/table.h). */
#ifndef PROBE_FAT_H
#define PROBE_FAT_H

#include "probe/probe.h"
#include "probe/super.h"
#include "probe/view.h"

/*
 * The label of the root directory, in whatever code page, and the serial number of the boot sector.
 * The boot sector's own label is another one, which Windows does not keep up to date; libblkid has
 * the name LABEL_FATBOOT for it.
 *
 * Of a root directory, which may be longer or loop, the first 16384 entries are looked at, and no
 * more than 32 clusters: each may cost a read far away.
 */
int probe_fat_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                    struct fault *f);

/* The label, from the root directory as well, within the same bound. */
int probe_exfat_label(struct view *v, const struct probe_super *s, struct probe_names *n,
                      struct fault *f);

#endif
