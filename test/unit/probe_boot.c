/* SPDX-License-Identifier: MIT */
/* probe/: the names of FAT, exFAT and NTFS, whose root directories and file tables may be damaged.
 */
#include "base/bytes.h"
#include "probe_made.h"
#include "unit.h"

enum { SECTOR = 512, ENTRY = 32, DEVICE_BYTES = 1 << 20 };

static void put_text(uint8_t *at, const char *text)
{
    memcpy(at, text, strlen(text));
}

static void put_utf16(uint8_t *at, const char *ascii)
{
    for (size_t i = 0; ascii[i]; i++)
        put_le16(at + 2 * i, (uint8_t)ascii[i]);
}

/* ---- FAT ---- */

enum {
    FAT_AT = 32 * SECTOR,
    CLUSTERS = 1000,
    FAT_SECTORS = 8,
    HEAP_AT = FAT_AT + FAT_SECTORS * SECTOR
};

/* FAT32 with clusters of one sector, its root directory in cluster 5, and names in the boot sector.
 */
static uint8_t *fat32(void)
{
    uint8_t *d = calloc(1, DEVICE_BYTES);

    if (!d)
        abort();
    put_text(d, "\xeb\x58\x90mkfs.fat");
    put_le16(d + 11, SECTOR);
    d[13] = 1;
    put_le16(d + 14, FAT_AT / SECTOR);
    d[16] = 1;
    d[21] = 0xf8;
    put_le32(d + 32, HEAP_AT / SECTOR + CLUSTERS);
    put_le32(d + 36, FAT_SECTORS);
    put_le32(d + 44, 5);
    put_text(d + 66, "\x29\xcd\xab\x34\x12"
                     "BOOT LABEL ");
    put_le16(d + 510, 0xaa55);
    put_le32(d + FAT_AT + 4 * 5, 0x0fffffff);
    return d;
}

static uint8_t *cluster_of(uint8_t *d, uint32_t cluster)
{
    return d + HEAP_AT + (cluster - 2) * SECTOR;
}

static void put_entry(uint8_t *entry, const char *name, uint8_t attr)
{
    memset(entry, 0, ENTRY);
    put_text(entry, name);
    entry[11] = attr;
}

static void put_fat_next(uint8_t *d, uint32_t cluster, uint32_t next)
{
    put_le32(d + FAT_AT + 4 * cluster, next);
}

/* The whole of a cluster, so that the directory goes on in the next one. */
static void fill_cluster(uint8_t *cluster)
{
    for (int i = 0; i < SECTOR / ENTRY; i++)
        put_entry(cluster + i * ENTRY, "FILE    TXT", 0x20);
}

#define NONE "", "1234-ABCD"
#define ROOT "ROOT", "1234-ABCD"

static void a_fat_label_is_that_of_the_root_directory(struct unit *u)
{
    uint8_t *d = fat32();
    uint8_t *root = cluster_of(d, 5);

    CHECK(u, named(d, DEVICE_BYTES, NONE));
    fill_cluster(root);
    put_entry(root + 3 * ENTRY, "ROOT       ", 0x08);
    CHECK(u, named(d, DEVICE_BYTES, ROOT));
    put_entry(root + 3 * ENTRY, "ROOT       ", 0x28); /* to be archived */
    CHECK(u, named(d, DEVICE_BYTES, ROOT));
    put_entry(root + 3 * ENTRY, "R\x99\x8e        ", 0x08); /* in the tool's code page */
    CHECK(u, named(d, DEVICE_BYTES, "R\x99\x8e", "1234-ABCD"));
    free(d);
}

static void an_entry_that_is_no_label_is_none(struct unit *u)
{
    uint8_t *d = fat32();
    uint8_t *root = cluster_of(d, 5);

    put_entry(root, "\xe5OOT       ", 0x08); /* deleted */
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    put_entry(root, "ROOT       ", 0x0f); /* a piece of a long name */
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    put_entry(root, "ROOT       ", 0x18); /* a directory as well */
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    put_entry(root, "ROOT       ", 0x20);
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    put_entry(root, "ROOT       ", 0x08); /* with data */
    root[26] = 3;
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    root[26] = 0;
    root[21] = 3;
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    put_entry(root, "", 0x20); /* the end comes before it */
    put_entry(root + ENTRY, "ROOT       ", 0x08);
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    free(d);
}

static void fat_names_that_look_like_none(struct unit *u)
{
    uint8_t *d = fat32();

    put_entry(cluster_of(d, 5), "\x05OOT       ", 0x08);
    CHECK(u, named(d, DEVICE_BYTES, "\xe5OOT", "1234-ABCD"));
    d[66] = 0; /* BootSig: FAT32 always has a serial number */
    CHECK(u, named(d, DEVICE_BYTES, "\xe5OOT", "1234-ABCD"));
    free(d);
}

static void a_fat_root_of_many_clusters_is_followed(struct unit *u)
{
    uint8_t *d = fat32();

    fill_cluster(cluster_of(d, 5));
    put_fat_next(d, 5, 0xf0000000 | (CLUSTERS + 1)); /* the upper four bits are no part of it */
    fill_cluster(cluster_of(d, CLUSTERS + 1));
    put_fat_next(d, CLUSTERS + 1, 2);
    put_entry(cluster_of(d, 2), "ROOT       ", 0x08);
    CHECK(u, named(d, DEVICE_BYTES, ROOT));
    /* Of a pipe, less than that is there. */
    CHECK(u, are_names(pipe_of(d, DEVICE_BYTES), NONE));
    put_fat_next(d, CLUSTERS + 1, 0x0ffffff8);
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    free(d);
}

static void fat_root_cluster_out_of_range(struct unit *u)
{
    static const uint32_t wrong[] = {0, 1, CLUSTERS + 2, 0x0ffffff7, 0xffffffff};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t *d = fat32();

        put_le32(d + 44, wrong[i]);
        if (wrong[i] == 1) /* it would be the sector before the clusters */
            put_entry(d + HEAP_AT - SECTOR, "ROOT       ", 0x08);
        if (wrong[i] == CLUSTERS + 2)
            put_entry(cluster_of(d, wrong[i]), "ROOT       ", 0x08);
        CHECK(u, named(d, DEVICE_BYTES, NONE));
        put_le32(d + 44, 5);
        fill_cluster(cluster_of(d, 5));
        put_fat_next(d, 5, wrong[i]);
        CHECK(u, named(d, DEVICE_BYTES, NONE));
        free(d);
    }
}

static void fat_root_loops(struct unit *u)
{
    uint8_t *d = fat32();

    fill_cluster(cluster_of(d, 5));
    put_fat_next(d, 5, 5);
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    put_fat_next(d, 5, 6);
    put_fat_next(d, 6, 5);
    fill_cluster(cluster_of(d, 6));
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    free(d);
}

static void fat_root_past_the_end(struct unit *u)
{
    uint8_t *d = fat32();

    put_entry(cluster_of(d, 5), "ROOT       ", 0x08);
    CHECK(u, named(d, HEAP_AT + 3 * SECTOR + ENTRY, ROOT));
    CHECK(u, named(d, HEAP_AT + 3 * SECTOR + ENTRY - 1, NONE));
    CHECK(u, named(d, 512, NONE));
    free(d);
}

enum { FAT16_ROOT_AT = 65 * SECTOR, FAT16_BYTES = 2 << 20 };

/* FAT16, whose root directory has a place of its own. */
static uint8_t *fat16(uint16_t root_entries)
{
    uint8_t *d = calloc(1, FAT16_BYTES);

    if (!d)
        abort();
    put_text(d, "\xeb\x3c\x90mkfs.fat");
    put_le16(d + 11, SECTOR);
    d[13] = 4;
    d[14] = 1;
    d[16] = 2;
    put_le16(d + 17, root_entries);
    d[21] = 0xf8;
    put_le16(d + 22, 32);
    put_le32(d + 32, 0x10000);
    put_text(d + 38, "\x29\xcd\xab\x34\x12"
                     "BOOT LABEL ");
    put_le16(d + 510, 0xaa55);
    return d;
}

/* BootSig: 0x28 is followed by a serial number alone, anything else by code. */
static void a_fat_boot_sector_without_a_serial_number_has_none(struct unit *u)
{
    uint8_t *d = fat16(16);

    CHECK(u, named(d, FAT16_BYTES, NONE));
    d[38] = 0x28;
    CHECK(u, named(d, FAT16_BYTES, NONE));
    d[38] = 0x2a;
    CHECK(u, named(d, FAT16_BYTES, "", ""));
    d[38] = 0x29;
    memset(d + 39, 0, 4);
    CHECK(u, named(d, FAT16_BYTES, "", ""));
    free(d);
}

static void a_fat16_root_is_searched_within_a_bound(struct unit *u)
{
    enum { ENTRIES_MAX = 16384 };
    uint8_t *d = fat16(32768);
    uint8_t *root = d + FAT16_ROOT_AT;

    for (int i = 0; i <= ENTRIES_MAX; i++)
        put_entry(root + i * ENTRY, "FILE    TXT", 0x20);
    put_entry(root + ENTRIES_MAX * ENTRY, "ROOT       ", 0x08);
    CHECK(u, named(d, FAT16_BYTES, NONE));
    put_entry(root + (ENTRIES_MAX - 1) * ENTRY, "ROOT       ", 0x08);
    CHECK(u, named(d, FAT16_BYTES, ROOT));
    put_le16(d + 17, 16);
    put_entry(root + 16 * ENTRY, "ROOT       ", 0x08); /* not the directory's any more */
    CHECK(u, named(d, FAT16_BYTES, NONE));
    free(d);
}

/* ---- exFAT ---- */

static uint8_t *exfat(void)
{
    uint8_t *d = calloc(1, DEVICE_BYTES);

    if (!d)
        abort();
    put_text(d, "\xeb\x76\x90"
                "EXFAT   ");
    put_le32(d + 80, FAT_AT / SECTOR);
    put_le32(d + 84, FAT_SECTORS);
    put_le32(d + 88, HEAP_AT / SECTOR);
    put_le32(d + 92, CLUSTERS);
    put_le32(d + 96, 5);
    put_le32(d + 100, 0x1234abcd);
    d[108] = 9;
    d[110] = 1;
    put_le16(d + 510, 0xaa55);
    put_fat_next(d, 5, 0xffffffff);
    return d;
}

static void put_exfat_label(uint8_t *entry, uint8_t units, const char *ascii)
{
    memset(entry, 0, ENTRY);
    entry[0] = 0x83;
    entry[1] = units;
    put_utf16(entry + 2, ascii);
}

static void an_exfat_label_is_in_the_root_directory(struct unit *u)
{
    uint8_t *d = exfat();
    uint8_t *root = cluster_of(d, 5);

    CHECK(u, named(d, DEVICE_BYTES, "", "1234-ABCD"));
    put_exfat_label(root, 4, "exfat");
    CHECK(u, named(d, DEVICE_BYTES, "exfa", "1234-ABCD"));
    put_exfat_label(root, 0, "none");
    CHECK(u, named(d, DEVICE_BYTES, "", "1234-ABCD"));
    put_exfat_label(root, 4, "none");
    root[0] = 0x03; /* not in use */
    CHECK(u, named(d, DEVICE_BYTES, "", "1234-ABCD"));
    memset(root, 0x85, SECTOR);
    put_exfat_label(cluster_of(d, 9), 3, "two");
    put_fat_next(d, 5, 9);
    CHECK(u, named(d, DEVICE_BYTES, "two", "1234-ABCD"));
    free(d);
}

/* Clusters of 64 KiB have 2048 entries each, and eight of them as many as are looked at. */
static void an_exfat_root_is_searched_within_a_bound(struct unit *u)
{
    enum { BIG = 1 << 16, CHAIN = 8 };
    uint8_t *d = exfat();

    d[109] = 7;
    memset(d + HEAP_AT, 0x85, (CHAIN + 1) * BIG);
    for (uint32_t i = 0; i < CHAIN; i++)
        put_fat_next(d, 2 + i, 3 + i);
    put_le32(d + 96, 2);
    put_exfat_label(d + HEAP_AT + CHAIN * BIG, 3, "far");
    CHECK(u, named(d, DEVICE_BYTES, NONE));
    put_exfat_label(d + HEAP_AT + CHAIN * BIG - ENTRY, 4, "near");
    CHECK(u, named(d, DEVICE_BYTES, "near", "1234-ABCD"));
    free(d);
}

/* What follows its 11 characters is reserved. */
static void exfat_label_longer_than_its_entry(struct unit *u)
{
    uint8_t *d = exfat();

    put_exfat_label(cluster_of(d, 5), 255, "0123456789abcde");
    CHECK(u, named(d, DEVICE_BYTES, "0123456789a", "1234-ABCD"));
    free(d);
}

static void exfat_root_out_of_range_or_looping(struct unit *u)
{
    static const uint32_t wrong[] = {0, 1, CLUSTERS + 2, 0xffffffff, 5};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t *d = exfat();

        put_exfat_label(cluster_of(d, CLUSTERS + 2), 1, "x");
        put_exfat_label(d + HEAP_AT - SECTOR, 1, "x"); /* cluster 1, if there were one */
        memset(cluster_of(d, 5), 0x85, SECTOR);
        put_fat_next(d, 5, wrong[i]);
        CHECK(u, named(d, DEVICE_BYTES, "", "1234-ABCD"));
        put_le32(d + 96, wrong[i]);
        CHECK(u, named(d, DEVICE_BYTES, "", "1234-ABCD"));
        free(d);
    }
}

/* The largest shifts and numbers; no place that they give is on the device. */
static void exfat_root_of_huge_numbers(struct unit *u)
{
    uint8_t *d = exfat();

    memset(d + 80, 0xff, 20);
    put_le32(d + 96, 0xfffffff0);
    d[108] = 12;
    d[109] = 13;
    CHECK(u, named(d, DEVICE_BYTES, "", "1234-ABCD"));
    free(d);
}

/* ---- NTFS ---- */

enum { CLUSTER = 4096, RECORD = 1024, MFT_AT = 4 * CLUSTER, VOLUME_AT = MFT_AT + 3 * RECORD };
/* The update sequence has room for records of 4096 bytes. */
enum { USA = 48, ATTRIBUTES = 72, NAME_AT = ATTRIBUTES + 32 };

#define NTFS_SERIAL "FEDCBA9876543210"

/* $Volume with one attribute before its name, "ntfs". */
static uint8_t *ntfs(void)
{
    uint8_t *d = calloc(1, DEVICE_BYTES);
    uint8_t *r = d ? d + VOLUME_AT : NULL;

    if (!r)
        abort();
    put_text(d, "\xeb\x52\x90NTFS    ");
    put_le16(d + 11, SECTOR);
    d[13] = CLUSTER / SECTOR;
    put_le64(d + 48, MFT_AT / CLUSTER);
    d[64] = (uint8_t)-10; /* 2^10 bytes */
    put_le64(d + 72, UINT64_C(0xfedcba9876543210));
    put_text(r, "FILE");
    put_le16(r + 4, USA);
    put_le16(r + 6, 3);
    put_le16(r + 20, ATTRIBUTES);
    put_le32(r + 24, NAME_AT + 40);
    put_le16(r + USA, 7);
    put_le16(r + 510, 7);
    put_le16(r + 1022, 7);
    put_le32(r + ATTRIBUTES, 0x10);
    put_le32(r + ATTRIBUTES + 4, 32);
    put_le32(r + NAME_AT, 0x60);
    put_le32(r + NAME_AT + 4, 32);
    put_le32(r + NAME_AT + 16, 8);
    put_le16(r + NAME_AT + 20, 24);
    put_utf16(r + NAME_AT + 24, "ntfs");
    put_le32(r + NAME_AT + 32, 0xffffffff);
    return d;
}

static void an_ntfs_label_is_an_attribute(struct unit *u)
{
    uint8_t *d = ntfs();
    uint8_t *r = d + VOLUME_AT;

    CHECK(u, named(d, DEVICE_BYTES, "ntfs", NTFS_SERIAL));
    /* Clusters of 2^3 sectors. */
    d[13] = (uint8_t)-3;
    put_le64(d + 48, MFT_AT / CLUSTER);
    d[64] = (uint8_t)-10;
    CHECK(u, named(d, DEVICE_BYTES, "ntfs", NTFS_SERIAL));
    put_le32(r + NAME_AT + 16, 0);
    CHECK(u, named(d, DEVICE_BYTES, "", NTFS_SERIAL));
    free(d);
}

/* The label's last character lies where the number of the record's last write is. */
static void an_ntfs_label_over_two_sectors_is_put_together(struct unit *u)
{
    uint8_t *d = ntfs();
    uint8_t *r = d + VOLUME_AT;
    enum { AT = 512 - 24 - 4 };

    put_le32(r + 24, AT + 40);
    put_le32(r + ATTRIBUTES + 4, AT - ATTRIBUTES);
    memcpy(r + AT, r + NAME_AT, 28);
    put_le16(r + AT + 26, 7);
    put_le16(r + USA + 2, 'T');
    put_utf16(r + AT + 28, "fs");
    CHECK(u, named(d, DEVICE_BYTES, "nTfs", NTFS_SERIAL));
    put_le16(r + AT + 26, 6);
    CHECK(u, named(d, DEVICE_BYTES, "", NTFS_SERIAL));
    free(d);
}

/* Bytes of the boot sector or of record 3, and what they make of its label. */
struct defect {
    const char *name;
    struct put put;
    const char *label;
};

static const struct defect ntfs_defects[] = {
    {"record is no file", PUT(VOLUME_AT, "BAAD"), ""},
    {"record torn after its first sector", PUT(VOLUME_AT + 1022, "\6"), ""},
    {"update sequence too short", PUT(VOLUME_AT + 6, "\2"), ""},
    {"update sequence too long", PUT(VOLUME_AT + 6, "\4"), ""},
    {"update sequence over the end of a sector", PUT(VOLUME_AT + 4, "\xfa\1"), ""},
    {"update sequence past the record", PUT(VOLUME_AT + 4, "\xff\xff"), ""},
    {"attributes past the record", PUT(VOLUME_AT + 20, "\xff\xff"), ""},
    {"attributes past what is used", PUT(VOLUME_AT + 24, "\x40\0\0\0"), ""},
    {"attribute of length 0", PUT(VOLUME_AT + ATTRIBUTES + 4, "\0"), ""},
    {"attribute shorter than its head", PUT(VOLUME_AT + ATTRIBUTES + 4, "\x10"), ""},
    {"attribute runs out of its record", PUT(VOLUME_AT + ATTRIBUTES + 4, "\0\4\0\0"), ""},
    {"attribute's length wraps", PUT(VOLUME_AT + ATTRIBUTES + 4, "\xff\xff\xff\xff"), ""},
    {"the end comes first", PUT(VOLUME_AT + ATTRIBUTES, "\xff\xff\xff\xff"), ""},
    {"name runs out of its record", PUT(VOLUME_AT + NAME_AT + 4, "\0\4\0\0"), ""},
    {"name is not resident", PUT(VOLUME_AT + NAME_AT + 8, "\1"), ""},
    {"name runs out of its attribute", PUT(VOLUME_AT + NAME_AT + 16, "\x0a"), ""},
    {"name's length wraps", PUT(VOLUME_AT + NAME_AT + 16, "\xff\xff\xff\xff"), ""},
    {"name past its attribute", PUT(VOLUME_AT + NAME_AT + 20, "\x21"), ""},
    {"name of half a character", PUT(VOLUME_AT + NAME_AT + 16, "\7"), "ntf"},
    {"name of a lone surrogate", PUT(VOLUME_AT + NAME_AT + 24, "\x3d\xd8"), "\xef\xbf\xbdtfs"},
    {"no clusters in a record", PUT(64, "\0"), ""},
    {"records of 2^128 bytes", PUT(64, "\x80"), ""},
    {"clusters of 2^127 sectors", PUT(13, "\x81"), ""},
    {"file table past the end", PUT(48, "\xff"), ""},
    {"file table's place wraps", PUT(48, "\4\0\0\0\0\0\0\x80"), ""},
};

static void a_damaged_ntfs_label_is_none(struct unit *u)
{
    for (size_t i = 0; i < sizeof(ntfs_defects) / sizeof(ntfs_defects[0]); i++) {
        uint8_t *d = ntfs();
        bool as_it_should_be;

        put(d, &ntfs_defects[i].put);
        as_it_should_be = named(d, DEVICE_BYTES, ntfs_defects[i].label, NTFS_SERIAL);
        if (!as_it_should_be)
            printf("# %s\n", ntfs_defects[i].name);
        CHECK(u, as_it_should_be);
        free(d);
    }
}

/* Put $Volume's record where it is if records have that size, which the boot sector is to say. */
static void put_record(uint8_t *d, uint64_t at, unsigned size)
{
    uint8_t *r = d + at;

    memmove(r, d + VOLUME_AT, RECORD);
    put_le16(r + 6, (uint16_t)(size / SECTOR + 1));
    for (unsigned i = 1; i <= size / SECTOR; i++)
        put_le16(r + i * SECTOR - 2, 7);
}

static void an_ntfs_record_has_512_to_4096_bytes(struct unit *u)
{
    static const struct {
        uint8_t SecPerClus, per_record;
        unsigned size;
        const char *label;
    } records[] = {
        {8, (uint8_t)-12, 4096, "ntfs"},
        {8, 1, 4096, "ntfs"},
        {8, (uint8_t)-9, 512, "ntfs"},
        {8, (uint8_t)-8, 256, ""},
        {8, 2, 8192, ""},
        {8, (uint8_t)-13, 8192, ""},
        {1, 3, 1536, ""},
        {1, 4, 2048, "ntfs"},
    };

    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        uint8_t *d = ntfs();

        d[13] = records[i].SecPerClus;
        d[64] = records[i].per_record;
        put_le64(d + 48, MFT_AT / (SECTOR * records[i].SecPerClus));
        put_record(d, MFT_AT + 3 * records[i].size, records[i].size);
        CHECK(u, named(d, DEVICE_BYTES, records[i].label, NTFS_SERIAL));
        free(d);
    }
}

/* The file table's first record is at the end of all numbers, its fourth at the device's start. */
static void ntfs_record_at_a_place_that_wraps(struct unit *u)
{
    uint8_t *d = ntfs();

    d[64] = (uint8_t)-12;
    put_le64(d + 48, (UINT64_C(1) << 52) - 1);
    put_record(d, 2 * CLUSTER, 4096);
    CHECK(u, named(d, DEVICE_BYTES, "", NTFS_SERIAL));
    free(d);
}

static void ntfs_record_that_uses_more_than_it_has(struct unit *u)
{
    uint8_t *d = ntfs();

    put_le32(d + VOLUME_AT + 24, UINT32_MAX);
    CHECK(u, named(d, DEVICE_BYTES, "ntfs", NTFS_SERIAL));
    put_le32(d + VOLUME_AT + NAME_AT + 4, RECORD);
    CHECK(u, named(d, DEVICE_BYTES, "", NTFS_SERIAL));
    free(d);
}

/* 256 bytes are what $AttrDef allows. */
static void an_ntfs_label_has_128_characters_at_most(struct unit *u)
{
    char label[129] = "";
    uint8_t *d = ntfs();
    uint8_t *r = d + VOLUME_AT;

    memset(label, 'x', 128);
    put_le32(r + 24, NAME_AT + 24 + 258);
    put_le32(r + NAME_AT + 4, 24 + 258);
    put_le32(r + NAME_AT + 16, 256);
    put_utf16(r + NAME_AT + 24, label);
    CHECK(u, named(d, DEVICE_BYTES, label, NTFS_SERIAL));
    put_le32(r + NAME_AT + 16, 258);
    CHECK(u, named(d, DEVICE_BYTES, "", NTFS_SERIAL));
    free(d);
}

static void ntfs_without_its_record(struct unit *u)
{
    uint8_t *d = ntfs();

    CHECK(u, named(d, VOLUME_AT + RECORD, "ntfs", NTFS_SERIAL));
    CHECK(u, named(d, VOLUME_AT + RECORD - 1, "", NTFS_SERIAL));
    CHECK(u, are_names(pipe_of(d, DEVICE_BYTES), "ntfs", NTFS_SERIAL));
    put_le64(d + 48, 32); /* its fourth record ends 132 KiB from the start */
    memcpy(d + 128 * 1024 + 3 * RECORD, d + VOLUME_AT, RECORD);
    CHECK(u, are_names(pipe_of(d, DEVICE_BYTES), "ntfs", NTFS_SERIAL));
    put_le64(d + 48, 33);
    memcpy(d + 132 * 1024 + 3 * RECORD, d + VOLUME_AT, RECORD);
    CHECK(u, named(d, DEVICE_BYTES, "ntfs", NTFS_SERIAL));
    CHECK(u, are_names(pipe_of(d, DEVICE_BYTES), "", NTFS_SERIAL));
    free(d);
}

/* Never taken for a label that is not there.  Without names, the same device has an answer: the
 * read that fails is theirs. */
static void a_read_error_is_told_as_such(struct unit *u)
{
    enum { FAR = 500 * 1024 };
    uint8_t *devices[] = {fat32(), exfat(), ntfs()};

    for (int i = 0; i < 2; i++) {
        put_fat_next(devices[i], 5, 2 + (FAR - HEAP_AT) / SECTOR);
        memset(cluster_of(devices[i], 5), 0x85, SECTOR);
    }
    put_le64(devices[2] + 48, FAR / CLUSTER);
    for (int i = 0; i < 3; i++) {
        const struct probe_answer *answer;
        struct probe_names n;
        struct source *s;
        struct fault f;

        if (source_from_memory(devices[i], DEVICE_BYTES, "device", &s, &f) < 0 ||
            source_faulty(s, FAULTY_ERROR, FAR, &s, &f) < 0)
            abort();
        CHECK(u, probe_device(s, &answer, &n, &f) == FAULT_SYSTEM && !answer);
        CHECK(u, probe_device(s, &answer, NULL, &f) == 0 && answer);
        source_close(s);
        free(devices[i]);
    }
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, a_fat_label_is_that_of_the_root_directory);
    UNIT_CASE(&u, an_entry_that_is_no_label_is_none);
    UNIT_CASE(&u, fat_names_that_look_like_none);
    UNIT_CASE(&u, a_fat_boot_sector_without_a_serial_number_has_none);
    UNIT_CASE(&u, a_fat_root_of_many_clusters_is_followed);
    UNIT_CASE(&u, fat_root_cluster_out_of_range);
    UNIT_CASE(&u, fat_root_loops);
    UNIT_CASE(&u, fat_root_past_the_end);
    UNIT_CASE(&u, a_fat16_root_is_searched_within_a_bound);
    UNIT_CASE(&u, an_exfat_label_is_in_the_root_directory);
    UNIT_CASE(&u, an_exfat_root_is_searched_within_a_bound);
    UNIT_CASE(&u, exfat_label_longer_than_its_entry);
    UNIT_CASE(&u, exfat_root_out_of_range_or_looping);
    UNIT_CASE(&u, exfat_root_of_huge_numbers);
    UNIT_CASE(&u, an_ntfs_label_is_an_attribute);
    UNIT_CASE(&u, an_ntfs_label_over_two_sectors_is_put_together);
    UNIT_CASE(&u, a_damaged_ntfs_label_is_none);
    UNIT_CASE(&u, an_ntfs_record_has_512_to_4096_bytes);
    UNIT_CASE(&u, ntfs_record_at_a_place_that_wraps);
    UNIT_CASE(&u, ntfs_record_that_uses_more_than_it_has);
    UNIT_CASE(&u, an_ntfs_label_has_128_characters_at_most);
    UNIT_CASE(&u, ntfs_without_its_record);
    UNIT_CASE(&u, a_read_error_is_told_as_such);
    return unit_end(&u);
}
