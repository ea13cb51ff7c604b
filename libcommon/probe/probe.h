/* SPDX-License-Identifier: MIT */
/* What a device holds, by its magic numbers. */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/fault.h"
#include "io/source.h"

struct probe_answer {
    const char *type;  /* as blkid(8) says it: "xfs", "vfat", "LVM2_member" ... */
    const char *title; /* for people, with its article: "an XFS file system" ... */
};

/*
 * Name what a device holds: the device is borrowed, *out is static.  NULL there means that nothing
 * known was found, which is no fault; nor is a device that ends before a mark.
 *
 * The first that fits answers, containers (RAID, LVM, LUKS ...) before file systems, much in the
 * order of libblkid.  A superblock is recognised, not verified: one that is named may be damaged.
 * A read that fails is a fault, wherever it was.
 *
 * Of a pipe, or of a slice of one, at most 132 KiB are read, so that neither VMFS nor what counts
 * from the device's end (MD 0.90 and 1.0) is found there.
 */
int probe_device(struct source *device, const struct probe_answer **out, struct fault *f);

#endif
