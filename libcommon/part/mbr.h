/* SPDX-License-Identifier: MIT */
/* Master boot records (UEFI 2.10, section 5.2) and the extended boot records behind them. */
#ifndef PART_MBR_H
#define PART_MBR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "part/mbr_format.h"
#include "part/part.h"
#include "part/table.h"

/* One of the four entries (UEFI 2.10, table 5-2), in host order.  It is used if it has sectors. */
struct mbr_entry {
    uint8_t boot_indicator;
    uint8_t os_type;
    uint32_t starting_lba;
    uint32_t size_in_lba;
};

/* A boot record, master or extended.  Nothing in it is checked but what the comments say. */
struct mbr {
    bool signed_; /* 0x55 0xaa stands at its end */
    uint32_t disk_signature;
    struct mbr_entry entries[MBR_ENTRIES];
};

void mbr_decode(const uint8_t sector[MBR_BYTES], struct mbr *m);

/* Which entry's BootIndicator is neither 0x00 nor 0x80 (what a file system's boot sector or random
 * bytes would have there), from 0; -1 if all are as an MBR has them. */
int mbr_odd_entry(const struct mbr *m);

/* How many entries have sectors. */
unsigned mbr_used(const struct mbr *m);

/* Has it an entry that protects a GPT (UEFI 2.10, table 5-4), from sector 1 on? */
bool mbr_protects_gpt(const struct mbr *m);

/* The used entries that do not protect a GPT, in a line: "2 (type 83, sectors 2048 to 4095), ...".
 */
enum { MBR_LIST_BYTES = MBR_ENTRIES * sizeof(", 1 (type 83, sectors 4294967295 to 8589934589)") };
void mbr_list_others(const struct mbr *m, char text[MBR_LIST_BYTES]);

/* Where the disk ends by what protects the GPT: its last sector, or 0 if that is not told
 * ("SizeInLBA: [...] 0xFFFFFFFF if the size of the disk is too large"). */
uint64_t mbr_protected_end(const struct mbr *m);

/* Fill an empty table with the partitions of the MBR, then the logical ones. */
int mbr_read(const struct part_input *in, const struct mbr *m, struct part_table *t,
             struct fault *f);

#endif
