/* SPDX-License-Identifier: MIT */
/* Where the fields of a boot record lie, master or extended (UEFI 2.10, section 5.2). */
#ifndef PART_MBR_FORMAT_H
#define PART_MBR_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/* Offsets in its sector (table 5-1). */
enum {
    MBR_UNIQUE_DISK_SIGNATURE = 440, /* boot code ends here */
    MBR_PARTITION_RECORDS = 446,
    MBR_SIGNATURE = 510, /* 0x55, 0xaa */
    MBR_BYTES = 512,
};

/* One of the four entries (table 5-2). */
enum {
    MBR_BOOT_INDICATOR = 0,
    MBR_STARTING_CHS = 1,
    MBR_OS_TYPE = 4,
    MBR_ENDING_CHS = 5,
    MBR_STARTING_LBA = 8,
    MBR_SIZE_IN_LBA = 12,
    MBR_RECORD_BYTES = 16,
    MBR_ENTRIES = 4,
};

/* Logical partitions are numbered from 5 on; as many boot records a chain may have (sfdisk writes
 * up to 56 of them). */
enum { MBR_FIRST_LOGICAL = 5, MBR_EBR_MAX = 256 };

/* OSType of the entry that protects a GPT. */
enum { MBR_TYPE_GPT_PROTECTIVE = 0xee };

/* Those of extended partitions: that of DOS, that of Windows 95, and one that only Linux knows. */
enum {
    MBR_TYPE_EXTENDED = 0x05,
    MBR_TYPE_EXTENDED_LBA = 0x0f,
    MBR_TYPE_EXTENDED_LINUX = 0x85,
};

static inline bool mbr_type_is_extended(uint8_t os_type)
{
    return os_type == MBR_TYPE_EXTENDED || os_type == MBR_TYPE_EXTENDED_LBA ||
           os_type == MBR_TYPE_EXTENDED_LINUX;
}

#endif
