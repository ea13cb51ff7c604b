/* SPDX-License-Identifier: MIT */
/* Checks of what holds other things: RAID, LVM, caches, encryption (see probe/super.h). */
#ifndef PROBE_CONTAINER_H
#define PROBE_CONTAINER_H

#include "probe/super.h"

/* A Linux MD superblock of version 0.90, 0.91 (while the array is reshaped) or 1.x. */
bool probe_is_md(const struct probe_super *s);

/* A cache or what it caches.  bcachefs began with the same magic number. */
bool probe_is_bcache(const struct probe_super *s);
bool probe_is_bcachefs(const struct probe_super *s);

/* An LVM2 physical volume's label. */
bool probe_is_lvm2(const struct probe_super *s);

/* A LUKS header of version 1 or 2. */
bool probe_is_luks(const struct probe_super *s);

/* The volume header of BitLocker of Windows Vista, 7 and later, or To Go. */
bool probe_is_bitlocker(const struct probe_super *s);

/* What a VMFS datastore, and the file system in it, start with: no more than this is public. */
bool probe_is_vmfs(const struct probe_super *s);

#endif
