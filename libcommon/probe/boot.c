/* SPDX-License-Identifier: MIT */
/* Checks of the boot sectors that DOS and Windows write. */
#include "probe/boot.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "probe/bpb.h"

/* Clusters that the FAT can tell apart, at most. */
enum { FAT16_CLUSTERS = 65524, FAT32_CLUSTERS = 0x0ffffff6 };

enum { BOOT_SIGNATURE = 0xaa55, BOOT_SIGNATURE_AT = 510 };

static bool sector_size_is_valid(uint32_t bytes, uint32_t min)
{
    return is_power_of_2(bytes) && bytes >= min && bytes <= 4096;
}

/* A jump over the parameter block, or the file system's name: some devices write only one. */
static bool starts_like_fat(const uint8_t *p)
{
    return (p[0] == 0xeb && p[2] == 0x90) || p[0] == 0xe9 || memcmp(p + 54, "FAT", 3) == 0 ||
           memcmp(p + 82, "FAT32", 5) == 0;
}

/* OS/2 puts a boot sector with a parameter block before its own file systems as well. */
static bool is_another(const uint8_t *p)
{
    return memcmp(p + 54, "JFS     ", 8) == 0 || memcmp(p + 54, "HPFS    ", 8) == 0;
}

/* The file system has room for what its parameters say, and a kind of FAT for its clusters. */
static bool sizes_fit(const struct bpb *b)
{
    bool fat32 = bpb_is_fat32(b);

    return bpb_sectors_before_root(b) > b->RsvdSecCnt && fat32 == (b->RootEntCnt == 0) &&
           bpb_sectors_before_data(b) < bpb_sectors(b) &&
           bpb_clusters(b) <= (fat32 ? FAT32_CLUSTERS : FAT16_CLUSTERS);
}

bool probe_is_fat(const struct probe_super *s)
{
    struct bpb b = bpb_decode(s->bytes);

    return starts_like_fat(s->bytes) && !is_another(s->bytes) &&
           sector_size_is_valid(b.BytsPerSec, 512) && is_power_of_2(b.SecPerClus) &&
           b.RsvdSecCnt > 0 && (b.Media == 0xf0 || b.Media >= 0xf8) && sizes_fit(&b);
}

/* What only FAT uses of the parameter block is zero. */
bool probe_is_ntfs(const struct probe_super *s)
{
    struct bpb b = bpb_decode(s->bytes);

    return sector_size_is_valid(b.BytsPerSec, 256) && b.SecPerClus > 0 && b.RsvdSecCnt == 0 &&
           b.NumFATs == 0 && b.RootEntCnt == 0 && b.TotSec16 == 0 && b.TotSec32 == 0 &&
           b.FATSz16 == 0;
}

/* exFAT file system specification, section 3.1; zeros lie where FAT has its parameters. */
bool probe_is_exfat(const struct probe_super *s)
{
    const uint8_t *p = s->bytes;
    uint8_t bytes_per_sector_shift = p[108];
    uint8_t sectors_per_cluster_shift = p[109];
    uint8_t fats = p[110];

    return bytes_are_zero(p + 11, 53) && bytes_per_sector_shift >= 9 &&
           bytes_per_sector_shift <= 12 &&
           sectors_per_cluster_shift <= 25 - bytes_per_sector_shift && (fats == 1 || fats == 2) &&
           le16_at(p + BOOT_SIGNATURE_AT) == BOOT_SIGNATURE;
}
