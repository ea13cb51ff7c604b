/* SPDX-License-Identifier: MIT */
/* The BIOS parameter block. */
#include "probe/bpb.h"

#include "base/bytes.h"
#include "base/checked.h"

enum { DIRECTORY_ENTRY_BYTES = 32 };

struct bpb bpb_decode(const uint8_t *boot)
{
    return (struct bpb){
        .BytsPerSec = le16_at(boot + 11),
        .SecPerClus = boot[13],
        .RsvdSecCnt = le16_at(boot + 14),
        .NumFATs = boot[16],
        .RootEntCnt = le16_at(boot + 17),
        .TotSec16 = le16_at(boot + 19),
        .Media = boot[21],
        .FATSz16 = le16_at(boot + 22),
        .TotSec32 = le32_at(boot + 32),
        .FATSz32 = le32_at(boot + 36),
        .RootClus = le32_at(boot + 44),
    };
}

bool bpb_is_fat32(const struct bpb *b)
{
    return b->FATSz16 == 0;
}

uint32_t bpb_sectors(const struct bpb *b)
{
    return b->TotSec16 ? b->TotSec16 : b->TotSec32;
}

uint64_t bpb_sectors_before_root(const struct bpb *b)
{
    return b->RsvdSecCnt + (uint64_t)b->NumFATs * (bpb_is_fat32(b) ? b->FATSz32 : b->FATSz16);
}

uint64_t bpb_sectors_before_data(const struct bpb *b)
{
    return bpb_sectors_before_root(b) +
           div_round_up((uint64_t)b->RootEntCnt * DIRECTORY_ENTRY_BYTES, b->BytsPerSec);
}

uint32_t bpb_clusters(const struct bpb *b)
{
    return (uint32_t)((bpb_sectors(b) - bpb_sectors_before_data(b)) / b->SecPerClus);
}
