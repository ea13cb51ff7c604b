/* SPDX-License-Identifier: MIT */
/* The BIOS parameter block, by the names of Microsoft's FAT specification (version 1.03). */
#ifndef PROBE_BPB_H
#define PROBE_BPB_H

#include <stdbool.h>
#include <stdint.h>

struct bpb {
    uint32_t BytsPerSec;
    uint32_t SecPerClus;
    uint32_t RsvdSecCnt;
    uint32_t NumFATs;
    uint32_t RootEntCnt;
    uint32_t TotSec16, TotSec32;
    uint32_t FATSz16, FATSz32;
    uint32_t RootClus; /* of FAT32 */
    uint8_t Media;
};

/* Of a boot sector's bytes; nothing is checked. */
struct bpb bpb_decode(const uint8_t *boot);

/* It is of FAT32, or else of FAT12, FAT16 or none. */
bool bpb_is_fat32(const struct bpb *b);

/* All that the file system has. */
uint32_t bpb_sectors(const struct bpb *b);

/* Those before the root directory of FAT12 and FAT16, and those before the clusters.  For the
 * latter, BytsPerSec must not be 0. */
uint64_t bpb_sectors_before_root(const struct bpb *b);
uint64_t bpb_sectors_before_data(const struct bpb *b);

/* Of a file system that has more sectors than lie before the clusters; SecPerClus is not 0. */
uint32_t bpb_clusters(const struct bpb *b);

#endif
