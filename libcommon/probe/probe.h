/* SPDX-License-Identifier: MIT */
/* What a device holds, by its magic numbers, and what that is called. */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/fault.h"
#include "io/source.h"

/*
 * The label and the UUID, as `blkid -p -s LABEL -o value` and `-s UUID` print them, and "" where
 * there is none.  They are bytes as they were found, but for UTF-16, which was made UTF-8, and
 * white space at their end: they may hold control characters and need not be UTF-8, so they must be
 * escaped. What a kind has for a UUID may be another number, or a date.
 */
enum { PROBE_LABEL_BYTES = 3 * 512 + 1, PROBE_UUID_BYTES = 41 };

struct probe_names {
    char label[PROBE_LABEL_BYTES];
    char uuid[PROBE_UUID_BYTES];
};

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
 * A read that fails is a fault, wherever it was; *out is NULL then and
 * *names of no use.
 *
 * *names, unless NULL, is filled as well.  HFS+ is given none, and so is what has a damaged name,
 * or one that lies past the device's end, or past the bounds that fat.h, ntfs.h, udf.h and
 * iso9660.h state.
 *
 * Of a pipe, or of a slice of one, at most 132 KiB are read, so that neither VMFS nor what counts
 * from the device's end (MD 0.90 and 1.0) is found there, nor a name that lies farther in, such as
 * most labels of NTFS.
 */
int probe_device(struct source *device, const struct probe_answer **out, struct probe_names *names,
                 struct fault *f);

#endif
