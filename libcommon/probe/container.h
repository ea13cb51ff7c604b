/* SPDX-License-Identifier: MIT */
/* Checks of what holds other things: RAID, LVM, caches, encryption (see probe/super.h). */
#ifndef PROBE_CONTAINER_H
#define PROBE_CONTAINER_H

#include "probe/probe.h"
#include "probe/super.h"
#include "probe/view.h"

/* A Linux MD superblock of version 0.90, or 0.91 (while the array is reshaped), in the byte order
 * of the machine that made it. */
bool probe_is_md_0(const struct probe_super *s);

/* Its array's UUID lies in two pieces. */
int probe_md_0_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                     struct fault *f);

/* One of version 1.x. */
bool probe_is_md_1(const struct probe_super *s);

/* A cache or what it caches.  bcachefs began with the same magic number. */
bool probe_is_bcache(const struct probe_super *s);
bool probe_is_bcachefs(const struct probe_super *s);

/* An LVM2 physical volume's label. */
bool probe_is_lvm2(const struct probe_super *s);

/* The volume header of BitLocker of Windows Vista, 7 and later, or To Go. */
bool probe_is_bitlocker(const struct probe_super *s);

/* What a VMFS datastore, and the file system in it, start with: no more than this is public. */
bool probe_is_vmfs(const struct probe_super *s);

#endif
