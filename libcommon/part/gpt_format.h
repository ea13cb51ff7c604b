/* SPDX-License-Identifier: MIT */
/* Where the fields of a GPT lie (UEFI 2.10, section 5.3). */
#ifndef PART_GPT_FORMAT_H
#define PART_GPT_FORMAT_H

/* The header (table 5-5): offsets in its sector. */
enum {
    GPT_REVISION = 8,
    GPT_HEADER_SIZE = 12,
    GPT_HEADER_CRC32 = 16,
    GPT_MY_LBA = 24,
    GPT_ALTERNATE_LBA = 32,
    GPT_FIRST_USABLE_LBA = 40,
    GPT_LAST_USABLE_LBA = 48,
    GPT_DISK_GUID = 56,
    GPT_PARTITION_ENTRY_LBA = 72,
    GPT_NUMBER_OF_PARTITION_ENTRIES = 80,
    GPT_SIZE_OF_PARTITION_ENTRY = 84,
    GPT_PARTITION_ENTRY_ARRAY_CRC32 = 88,
    GPT_HEADER_BYTES = 92, /* the smallest HeaderSize */
};

/* The eight bytes at offset 0, without a NUL. */
#define GPT_SIGNATURE "EFI PART"

enum { GPT_PRIMARY_LBA = 1 };

/* An entry (table 5-6). */
enum {
    GPT_PARTITION_TYPE_GUID = 0,
    GPT_UNIQUE_PARTITION_GUID = 16,
    GPT_STARTING_LBA = 32,
    GPT_ENDING_LBA = 40,
    GPT_ATTRIBUTES = 48,
    GPT_PARTITION_NAME = 56,
    GPT_PARTITION_NAME_UNITS = 36,
    GPT_ENTRY_BYTES = 128, /* the smallest SizeOfPartitionEntry */
};

#endif
