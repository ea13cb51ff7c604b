/* SPDX-License-Identifier: MIT */
/* The names of FAT and exFAT file systems: their labels are entries of the root directory. */
#include "probe/fat.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "probe/bpb.h"
#include "probe/names.h"

enum { ENTRY_BYTES = 32, ENTRIES_MAX = 16384, CLUSTERS_MAX = 32, FIRST_CLUSTER = 2 };

/* Where a root directory is.  The sizes are those of the boot sector that was recognised, shifts
 * and factors of numbers of 32 bits: no place that they give wraps. */
struct root {
    uint64_t heap;          /* of cluster 2, bytes from the device's start */
    uint64_t cluster_bytes; /* a multiple of ENTRY_BYTES */
    uint32_t clusters;
    uint32_t first; /* cluster of the directory */
    uint64_t fat;   /* 0: the directory is but one cluster */
    uint32_t mask;  /* of a number in the FAT */
};

typedef bool entry_is_label(const uint8_t entry[ENTRY_BYTES]);

/* Look at up to `entries` of them: the one that is the label, or *end, if that comes first. */
static int search(struct view *v, uint64_t at, uint64_t entries, entry_is_label *is_label,
                  uint8_t entry[ENTRY_BYTES], bool *found, bool *end, struct fault *f)
{
    *found = *end = false;
    for (uint64_t i = 0; i < entries && !*found && !*end; i++) {
        bool there;

        if (view_read(v, at + i * ENTRY_BYTES, entry, ENTRY_BYTES, &there, f) < 0)
            return f->code;
        *end = !there || entry[0] == 0;
        *found = !*end && is_label(entry);
    }
    return 0;
}

/* 0, which is no cluster's number, if there is no next. */
static int next_cluster(struct view *v, const struct root *r, uint32_t *cluster, struct fault *f)
{
    uint8_t number[4];
    bool there = false;

    if (r->fat && view_read(v, r->fat + UINT64_C(4) * *cluster, number, 4, &there, f) < 0)
        return f->code;
    *cluster = there ? le32_at(number) & r->mask : 0;
    return 0;
}

static bool is_cluster(const struct root *r, uint32_t number)
{
    return number >= FIRST_CLUSTER && number - FIRST_CLUSTER < r->clusters;
}

static int find_label(struct view *v, const struct root *r, entry_is_label *is_label,
                      uint8_t entry[ENTRY_BYTES], bool *found, struct fault *f)
{
    uint32_t cluster = r->first;
    uint64_t left = ENTRIES_MAX;
    unsigned clusters = 0;
    bool end = false;

    *found = false;
    while (!*found && !end && left > 0 && clusters++ < CLUSTERS_MAX && is_cluster(r, cluster)) {
        uint64_t at = r->heap + (cluster - FIRST_CLUSTER) * r->cluster_bytes;
        uint64_t entries = min_u64(r->cluster_bytes / ENTRY_BYTES, left);

        if (search(v, at, entries, is_label, entry, found, &end, f) < 0 ||
            next_cluster(v, r, &cluster, f) < 0)
            return f->code;
        left -= entries;
    }
    return 0;
}

/* ---- FAT (Microsoft's specification, version 1.03) ---- */

enum {
    ATTR_VOLUME_ID = 0x08,
    ATTR_DIRECTORY = 0x10,
    ATTR_LONG_NAME = 0x0f,
    ATTR_LONG_NAME_MASK = 0x3f,
    ENTRY_FREE = 0xe5,
    FREE_ESCAPED = 0x05, /* a name that starts with the byte of a free entry */
    LABEL_BYTES = 11,
};

/* What BootSig can be if a serial number follows it: with a label or alone. */
enum { SERIAL_AND_LABEL_FOLLOW = 0x29, SERIAL_FOLLOWS = 0x28 };

static bool is_fat_label(const uint8_t entry[ENTRY_BYTES])
{
    uint8_t attr = entry[11];
    uint32_t first_cluster = (uint32_t)le16_at(entry + 20) << 16 | le16_at(entry + 26);

    return entry[0] != ENTRY_FREE && (attr & (ATTR_VOLUME_ID | ATTR_DIRECTORY)) == ATTR_VOLUME_ID &&
           (attr & ATTR_LONG_NAME_MASK) != ATTR_LONG_NAME && first_cluster == 0;
}

/* As one cluster, where the root directory has a place of its own. */
static struct root root_of_fat(const struct bpb *b)
{
    uint64_t before_root = bpb_sectors_before_root(b) * b->BytsPerSec;

    if (!bpb_is_fat32(b))
        return (struct root){
            .heap = before_root,
            .cluster_bytes = (uint64_t)b->RootEntCnt * ENTRY_BYTES,
            .clusters = 1,
            .first = FIRST_CLUSTER,
        };
    return (struct root){
        .heap = before_root,
        .cluster_bytes = (uint64_t)b->SecPerClus * b->BytsPerSec,
        .clusters = bpb_clusters(b),
        .first = b->RootClus,
        .fat = (uint64_t)b->RsvdSecCnt * b->BytsPerSec,
        .mask = 0x0fffffff,
    };
}

/* All FAT32 file systems have one. */
static void show_serial(const uint8_t *boot, bool is_fat32, char *uuid)
{
    const uint8_t *BootSig = boot + (is_fat32 ? 66 : 38);

    if (is_fat32 || *BootSig == SERIAL_AND_LABEL_FOLLOW || *BootSig == SERIAL_FOLLOWS)
        names_show(PROBE_SERIAL_32, BootSig + 1, 4, uuid);
}

int probe_fat_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                    struct fault *f)
{
    struct bpb b = bpb_decode(s->bytes);
    struct root r = root_of_fat(&b);
    uint8_t entry[ENTRY_BYTES];
    bool found;

    if (find_label(v, &r, is_fat_label, entry, &found, f) < 0)
        return f->code;
    show_serial(s->bytes, bpb_is_fat32(&b), n->uuid);
    if (found) {
        if (entry[0] == FREE_ESCAPED)
            entry[0] = ENTRY_FREE;
        names_show(PROBE_TEXT, entry, LABEL_BYTES, n->label);
    }
    return 0;
}

/* ---- exFAT (Microsoft's specification, sections 3.1 and 7.3) ---- */

enum { EXFAT_VOLUME_LABEL = 0x83, EXFAT_LABEL_UNITS = 11 };

static bool is_exfat_label(const uint8_t entry[ENTRY_BYTES])
{
    return entry[0] == EXFAT_VOLUME_LABEL;
}

static struct root root_of_exfat(const uint8_t *boot)
{
    unsigned BytesPerSectorShift = boot[108];
    unsigned SectorsPerClusterShift = boot[109];

    return (struct root){
        .heap = (uint64_t)le32_at(boot + 88) << BytesPerSectorShift,
        .cluster_bytes = UINT64_C(1) << (BytesPerSectorShift + SectorsPerClusterShift),
        .clusters = le32_at(boot + 92),
        .first = le32_at(boot + 96),
        .fat = (uint64_t)le32_at(boot + 80) << BytesPerSectorShift,
        .mask = UINT32_MAX,
    };
}

int probe_exfat_label(struct view *v, const struct probe_super *s, struct probe_names *n,
                      struct fault *f)
{
    struct root r = root_of_exfat(s->bytes);
    uint8_t entry[ENTRY_BYTES];
    bool found;

    if (find_label(v, &r, is_exfat_label, entry, &found, f) < 0)
        return f->code;
    if (found) {
        size_t units = min_u64(entry[1], EXFAT_LABEL_UNITS);

        names_show(PROBE_UTF16LE, entry + 2, 2 * units, n->label);
    }
    return 0;
}
