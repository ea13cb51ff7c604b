/* SPDX-License-Identifier: MIT */
/* Checks of the boot sectors that DOS and Windows write: FAT, NTFS, exFAT (see probe/super.h). */
#ifndef PROBE_BOOT_H
#define PROBE_BOOT_H

#include "probe/super.h"

/* FAT12, FAT16 or FAT32.  Their only magic number is that of every boot sector, which an MBR has as
 * well: the BIOS parameter block must make sense. */
bool probe_is_fat(const struct probe_super *s);

bool probe_is_ntfs(const struct probe_super *s);
bool probe_is_exfat(const struct probe_super *s);

#endif
