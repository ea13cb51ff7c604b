/* SPDX-License-Identifier: MIT */
/* probe/: each type from the bytes that show it, one byte too few, near misses, pipes, failures. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "probe/probe.h"
#include "probe/table.h"
#include "probe_made.h"
#include "unit.h"

enum { KIB = 1024, DEVICE_MAX = 2200 * KIB, HEAD = 132 * KIB, PUTS_MAX = 8 };

/* The shortest device that is of a type. */
struct sample {
    const char *type;
    uint64_t size;
    struct put puts[PUTS_MAX];
};

#define VRS(i, id) PUT(32768 + 2048 * (i), "\0" id "\1")

static const struct sample samples[] = {
    {"linux_raid_member", 512, {PUT(0, MD_1)}},                             /* 1.1 */
    {"linux_raid_member", 4608, {PUT(4096, MD_1), PUT(4096 + 144, "\x8")}}, /* 1.2 */
    {"bcache", 4608, {PUT(4096 + 8, "\x8"), PUT(4096 + 24, BCACHE_MAGIC)}},
    {"bcachefs", 4608, {PUT(4096 + 24, BCACHEFS_MAGIC), PUT(4096 + 104, "\x8")}},
    {"bcachefs", 4608, {PUT(4096 + 24, BCACHE_MAGIC), PUT(4096 + 104, "\x8")}},
    {"LVM2_member", 512, {PUT(0, "LABELONE"), PUT(24, "LVM2 001")}},
    {"LVM2_member", 1024, {PUT(512, "LABELONE\1"), PUT(512 + 24, "LVM2 001")}},
    {"LVM2_member", 2048, {PUT(1536, "LABELONE\3"), PUT(1536 + 24, "LVM2 001")}},
    {"crypto_LUKS", 8, {PUT(0, "LUKS\xba\xbe\0\1")}},
    {"crypto_LUKS", 8, {PUT(0, "LUKS\xba\xbe\0\2")}},
    {"VMFS_volume_member", 1024 * KIB + 512, {PUT(1024 * KIB, "\x0d\xd0\x01\xc0\5\0\0\0")}},
    {"BitLocker", 512, {PUT(0, "\xeb\x52\x90-FVE-FS-"), PUT(510, "\x55\xaa")}},
    {"BitLocker", 512, {PUT(0, "\xeb\x58\x90-FVE-FS-"), PUT(510, "\x55\xaa")}},
    {"BitLocker", /* To Go: a whole FAT32 boot sector beside */
     512,
     {FAT_START("\xeb\x58\x90MSWIN4.1", "\0\x02", "\x08", "\x20\0", "\x02"), PUT(21, "\xf8"),
      PUT(32, "\0\0\x10\0\0\x04\0\0"),
      PUT(424, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01")}},
    {"ntfs", 512, {PUT(0, "\xeb\x52\x90NTFS    \0\x02\x08"), PUT(21, "\xf8")}},
    {"exfat",
     512,
     {PUT(0, "\xeb\x76\220EXFAT   "), PUT(108, "\x09\x03\x01"), PUT(510, "\x55\xaa")}},
    {"vfat", /* a floppy disk's FAT12 */
     512,
     {FAT_START("\xeb\x3c\x90", "\0\x02", "\x01", "\x01\0", "\x02"),
      PUT(17, "\xe0\0\x40\x0b\xf0\x09\0")}},
    {"vfat", /* FAT16 */
     512,
     {FAT_START("\xe9\0\0", "\0\x02", "\x04", "\x01\0", "\x02"), PUT(17, "\0\x02\0\0\xf8\x40\0"),
      PUT(32, "\0\0\x01\0")}},
    {"vfat", /* FAT32 with large sectors, no jump */
     512,
     {FAT_START("\0", "\0\x10", "\x01", "\x20\0", "\x01"), PUT(21, "\xf8"),
      PUT(32, "\0\0\x10\0\0\x04\0\0"), PUT(82, "FAT32   ")}},
    {"swsuspend", 4095, {PUT(4086, "S1SUSPEND")}},
    {"swsuspend", 8191, {PUT(8182, "S2SUSPEND")}},
    {"swsuspend", 16383, {PUT(16374, "ULSUSPEND")}},
    {"swsuspend", 65536, {PUT(65526, "LINHIB0001")}},
    {"swap", 4096, {PUT(4086, "SWAPSPACE2")}},
    {"swap", 8192, {PUT(8182, "SWAPSPACE2")}},
    {"swap", 16384, {PUT(16374, "SWAPSPACE2")}},
    {"swap", 65536, {PUT(65526, "SWAP-SPACE")}},
    {"xfs",
     512,
     {PUT(0, "XFSB\0\0\x10\0"), PUT(88, "\0\0\0\4"), PUT(102, "\x02\0"), PUT(120, "\x0c\x09")}},
    {"jbd", 1536, {EXT_GROUP, PUT(1024 + 0x60, "\x08")}},
    {"ext4", 1536, {EXT_GROUP, PUT(1024 + 0x5c, "\x04\0\0\0\x42")}},
    {"ext4", 1536, {EXT_GROUP, PUT(1024 + 0x64, "\x08")}},
    {"ext3", 1536, {EXT_GROUP, PUT(1024 + 0x5c, "\x04\0\0\0\x06\0\0\0\x03")}},
    {"ext2", 1536, {EXT_GROUP, PUT(1024 + 0x60, "\x12\0\0\0\x03")}},
    {"reiserfs", 64 * KIB + 60, {PUT(64 * KIB + 52, "ReIsErFs")}},
    {"reiserfs", 64 * KIB + 61, {PUT(64 * KIB + 52, "ReIsEr2Fs")}},
    {"reiserfs", 64 * KIB + 61, {PUT(64 * KIB + 52, "ReIsEr3Fs")}},
    {"reiserfs", 8 * KIB + 60, {PUT(8 * KIB + 52, "ReIsErFs")}},
    {"jfs", 33280, {PUT(32768, "JFS1\1\0\0\0"), PUT(32768 + 16, "\0\x10\0\0\x0c")}},
    {"udf", 34823, {VRS(0, "BEA01"), VRS(1, "NSR02")}},
    {"udf", 36871, {VRS(0, "BEA01"), VRS(2, "NSR03")}}, /* sectors of 4096 bytes */
    {"udf",                                             /* with ISO 9660 before it */
     43015,
     {PUT(32768, "\1CD001\1"), PUT(34816, "\2CD001\1"), PUT(36864, "\377CD001\1"), VRS(3, "BEA01"),
      VRS(4, "BOOT2"), VRS(5, "NSR03")}},
    {"iso9660", 33280, {PUT(32768, "\1CD001\1"), PUT(34816, "\377CD001\1")}},
    {"zfs_member", 131040, {PUT(131032, "\x11\x7a\x0c\xb1\x7a\xda\x10\x02")}},
    {"zfs_member", 131040, {PUT(131032, "\x02\x10\xda\x7a\xb1\x0c\x7a\x11")}},
    {"zfs_member", 393184, {PUT(393176, "\x11\x7a\x0c\xb1\x7a\xda\x10\x02")}},
    {"hfsplus", 1536, {PUT(1024, "H+\0\4"), PUT(1064, "\0\0\x10\0\0\0\x10\0")}},
    {"hfsplus", 1536, {PUT(1024, "HX\0\5"), PUT(1064, "\0\0\x10\0\0\0\x10\0")}},
    {"gfs2",
     64 * KIB + 512,
     {PUT(64 * KIB, "\x01\x16\x19\x70\0\0\0\1"), PUT(64 * KIB + 24, "\0\0\x07\x09\0\0\x07\x6c")}},
    {"ocfs2", 1536, {PUT(1024, "OCFSV2"), PUT(1024 + 0xf8, "\x09")}},
    {"ocfs2", 8704, {PUT(8192, "OCFSV2"), PUT(8192 + 0xf8, "\x0c")}},
    {"squashfs", 512, {PUT(0, "hsqs"), PUT(12, "\0\0\2\0"), PUT(22, "\x11"), PUT(28, "\4")}},
    {"btrfs", 64 * KIB + 72, {PUT(64 * KIB + 64, "_BHRfS_M")}},
    {"VMFS", 2048 * KIB + 512, {PUT(2048 * KIB, "\x5e\xf1\xab\x2f\4\0\0\0")}},
    {"nilfs2", 1536, {PUT(1024, "\2\0\0\0\0\0\x34\x34\x18\x01"), PUT(1044, "\2")}},
    {"f2fs", 1536, {PUT(1024, "\x10\x20\xf5\xf2"), PUT(1032, "\x09\0\0\0\3\0\0\0\x0c")}},
    {"apfs", 512, {PUT(8, "\1"), PUT(24, "\1\0\0\x80"), PUT(32, "NXSB\0\x10\0\0")}},
    {"erofs", 1536, {PUT(1024, "\xe2\xe1\xf5\xe0"), PUT(1036, "\x0c")}},
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

/* What spoils the first sample of a type: it is then of the other type, or of none. */
struct miss {
    const char *type;
    struct put put;
    const char *becomes; /* NULL: none */
};

static const struct miss misses[] = {
    {"linux_raid_member", PUT(4, "\0"), NULL}, /* 0.90 is never at the start */
    {"linux_raid_member", PUT(4, "\2"), NULL},
    {"linux_raid_member", PUT(144, "\1"), NULL}, /* of another device */
    {"linux_raid_member", PUT(0, "\xa9\x2b\x4e\xfc"), NULL},
    {"bcache", PUT(4096 + 8, "\7"), NULL},
    {"bcachefs", PUT(4096 + 104, "\7"), NULL},
    {"LVM2_member", PUT(8, "\1"), NULL},
    {"LVM2_member", PUT(24, "LVM3"), NULL},
    {"crypto_LUKS", PUT(7, "\0"), NULL},
    {"crypto_LUKS", PUT(7, "\3"), NULL},
    {"VMFS_volume_member", PUT(1024 * KIB + 4, "\0"), NULL},
    {"VMFS_volume_member", PUT(1024 * KIB + 5, "\1"), NULL},
    {"BitLocker", PUT(1, "\0"), NULL},
    {"BitLocker", PUT(510, "\0"), NULL},
    {"ntfs", PUT(12, "\0"), NULL},
    {"ntfs", PUT(11, "\1"), NULL},
    {"ntfs", PUT(13, "\0"), NULL},
    {"ntfs", PUT(14, "\1"), NULL},
    {"ntfs", PUT(16, "\2"), NULL},
    {"ntfs", PUT(17, "\1"), NULL},
    {"ntfs", PUT(19, "\1"), NULL},
    {"ntfs", PUT(22, "\1"), NULL},
    {"ntfs", PUT(32, "\1"), NULL},
    {"exfat", PUT(11, "\1"), NULL},
    {"exfat", PUT(63, "\1"), NULL},
    {"exfat", PUT(108, "\x08"), NULL},
    {"exfat", PUT(108, "\x0d"), NULL},
    {"exfat", PUT(109, "\x11"), NULL},
    {"exfat", PUT(110, "\0"), NULL},
    {"exfat", PUT(110, "\3"), NULL},
    {"exfat", PUT(510, "\0"), NULL},
    {"vfat", PUT(0, "\xfa"), NULL}, /* neither a jump nor a name */
    {"vfat", PUT(2, "\0"), NULL},
    {"vfat", PUT(11, "\1"), NULL},   /* 513 bytes per sector */
    {"vfat", PUT(12, "\1"), NULL},   /* 256 */
    {"vfat", PUT(12, "\x20"), NULL}, /* 8192 */
    {"vfat", PUT(13, "\0"), NULL},
    {"vfat", PUT(13, "\3"), NULL},
    {"vfat", PUT(14, "\0"), NULL},     /* no reserved sectors */
    {"vfat", PUT(16, "\0"), NULL},     /* no FATs */
    {"vfat", PUT(17, "\0"), NULL},     /* no root directory */
    {"vfat", PUT(19, "\x1c\0"), NULL}, /* no more sectors than are used */
    {"vfat", PUT(19, "\0\0"), NULL},   /* no sectors */
    {"vfat", PUT(19, "\0\0\xf0\x09\0\0\0\0\0\0\0\0\0\0\0\0\x10"), NULL}, /* too many clusters */
    {"vfat", PUT(21, "\xf1"), NULL},                                     /* no medium */
    {"vfat", PUT(22, "\0"), NULL}, /* FAT32 has no such root directory */
    {"vfat", PUT(54, "JFS     "), NULL},
    {"vfat", PUT(54, "HPFS    "), NULL},
    {"vfat", PUT(511, "\0"), NULL},
    {"vfat", PUT(0, "\xfa\0\0"), NULL},
    {"swsuspend", PUT(4086, "s"), NULL},
    {"swap", PUT(4086, "s"), NULL},
    {"swap", PUT(4086, "S1SUSPEND"), "swsuspend"},
    {"xfs", PUT(4, "\1"), NULL},
    {"xfs", PUT(6, "\x11"), NULL},
    {"xfs", PUT(91, "\0"), NULL},
    {"xfs", PUT(102, "\x04"), NULL},
    {"xfs", PUT(120, "\x0b"), NULL},
    {"xfs", PUT(120, "\xff"), NULL},
    {"jbd", PUT(1024 + 0x18, "\7"), NULL},
    {"jbd", PUT(1024 + 0x60, "\0"), "ext2"},
    {"ext4", PUT(1024, "\0"), NULL},
    {"ext4", PUT(1024 + 0x14, "\2"), NULL},
    {"ext4", PUT(1024 + 0x18, "\7"), NULL},
    {"ext4", PUT(1024 + 0x21, "\0"), NULL},
    {"ext4", PUT(1024 + 0x28, "\0"), NULL},
    {"ext4", PUT(1024 + 0x28, "\x11"), NULL},
    {"ext4", PUT(1024 + 0x39, "\0"), NULL},
    {"ext4", PUT(1024 + 0x4c, "\2"), NULL},
    {"ext4", PUT(1024 + 0x60, "\x4a"), "jbd"},
    {"ext4", PUT(1024 + 0x60, "\x02"), "ext3"},
    {"ext3", PUT(1024 + 0x5c, "\0"), NULL}, /* to be replayed, but no journal */
    {"ext3", PUT(1024 + 0x5c, "\0\0\0\0\2"), "ext2"},
    {"ext2", PUT(1024 + 0x5c, "\4"), "ext3"},
    {"ext2", PUT(1024 + 0x67, "\x80"), "ext4"},
    {"reiserfs", PUT(64 * KIB + 52, "r"), NULL},
    {"jfs", PUT(32768 + 4, "\3"), NULL},
    {"jfs", PUT(32768 + 17, "\x11"), NULL},
    {"jfs", PUT(32768 + 20, "\x0b"), NULL},
    {"udf", VRS(0, "TEA01"), NULL},
    {"udf", VRS(1, "NSR01"), NULL},
    {"iso9660", PUT(32768, "\377"), NULL},
    {"iso9660", PUT(32768 + 6, "\2"), NULL},
    {"zfs_member", PUT(131032, "\x12"), NULL},
    {"hfsplus", PUT(1024 + 3, "\5"), NULL},
    {"hfsplus", PUT(1024 + 1, "X"), NULL},
    {"hfsplus", PUT(1064, "\0\0\0\x80"), NULL},
    {"hfsplus", PUT(1064, "\0\0\x11\0"), NULL},
    {"hfsplus", PUT(1064 + 6, "\0"), NULL},
    {"gfs2", PUT(64 * KIB + 7, "\2"), NULL},
    {"gfs2", PUT(64 * KIB + 26, "\x05\x1d"), NULL}, /* GFS, 1309 */
    {"gfs2", PUT(64 * KIB + 30, "\x05\x79"), NULL}, /* 1401 */
    {"ocfs2", PUT(1024 + 0xf8, "\x0a"), NULL},
    {"ocfs2", PUT(1024 + 0xf8, "\xff"), NULL},
    {"squashfs", PUT(28, "\3"), NULL},
    {"squashfs", PUT(22, "\x10"), NULL},
    {"squashfs", PUT(12, "\0\x08\0\0"), NULL},
    {"btrfs", PUT(64 * KIB + 71, "m"), NULL},
    {"VMFS", PUT(2048 * KIB + 4, "\0"), NULL},
    {"nilfs2", PUT(1024, "\1"), NULL},
    {"nilfs2", PUT(1028, "\1"), NULL},
    {"nilfs2", PUT(1032, "\0\0"), NULL},
    {"nilfs2", PUT(1032, "\1\4"), NULL},
    {"nilfs2", PUT(1044, "\7"), NULL},
    {"f2fs", PUT(1032, "\x08"), NULL},
    {"f2fs", PUT(1036, "\2"), NULL},
    {"f2fs", PUT(1040, "\x11"), NULL},
    {"apfs", PUT(8, "\2"), NULL},
    {"apfs", PUT(24, "\2"), NULL},
    {"apfs", PUT(28, "\1"), NULL},
    {"apfs", PUT(37, "\x11"), NULL},
    {"erofs", PUT(1036, "\x08"), NULL},
    {"erofs", PUT(1036, "\x11"), NULL},
};

/* A device of DEVICE_MAX bytes, as much as all samples need. */
static uint8_t *device_of(const struct sample *s)
{
    uint8_t *device = calloc(1, DEVICE_MAX);

    if (!device)
        abort();
    for (size_t i = 0; s && i < PUTS_MAX; i++)
        put(device, &s->puts[i]);
    return device;
}

static const struct sample *sample_of(const char *type)
{
    for (size_t i = 0; i < SAMPLES; i++)
        if (strcmp(samples[i].type, type) == 0)
            return &samples[i];
    abort();
}

/* What the first size bytes hold: a type, "" if nothing is known, "fault". */
static const char *type_of(const uint8_t *device, size_t size)
{
    const struct probe_answer *answer;
    struct source *s;
    struct fault f;
    int code;

    if (source_from_memory(device, size, "device", &s, &f) < 0)
        abort();
    code = probe_device(s, &answer, NULL, &f);
    source_close(s);
    return code < 0 ? "fault" : answer ? answer->type : "";
}

/* For CHECK's sake: says on a line of its own what was found instead. */
static bool is(const char *want, const char *found, const char *where, size_t which)
{
    if (strcmp(want, found) == 0)
        return true;
    printf("# %s %zu: found \"%s\", not \"%s\"\n", where, which, found, want);
    return false;
}

static void each_type_is_named(struct unit *u)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        uint8_t *device = device_of(&samples[i]);

        CHECK(u, is(samples[i].type, type_of(device, samples[i].size), "sample", i));
        CHECK(u, is(samples[i].type, type_of(device, DEVICE_MAX), "sample", i));
        free(device);
    }
}

static void each_type_of_the_table_has_a_sample(struct unit *u)
{
    for (size_t i = 0; i < probe_row_count; i++)
        CHECK(u, sample_of(probe_rows[i].answer.type));
}

static void a_title_has_its_article(struct unit *u)
{
    for (size_t i = 0; i < probe_row_count; i++) {
        const char *title = probe_rows[i].answer.title;

        CHECK(u, strncmp(title, "a ", 2) == 0 || strncmp(title, "an ", 3) == 0 ||
                     strncmp(title, "swap ", 5) == 0);
    }
}

/* The memory is only as long as the device, so that the sanitizers see a read past its end. */
static void one_byte_too_few_is_nothing(struct unit *u)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        uint8_t *device = device_of(&samples[i]);
        size_t size = samples[i].size - 1;
        uint8_t *cut = malloc(size);

        if (!cut)
            abort();
        memcpy(cut, device, size);
        /* The ISO 9660 file system before UDF is still there. */
        CHECK(u, is(size == 43014 ? "iso9660" : "", type_of(cut, size), "sample", i));
        free(cut);
        free(device);
    }
}

static void a_short_device_is_nothing(struct unit *u)
{
    static const uint8_t zeros[4096];

    for (size_t size = 0; size < sizeof(zeros); size++)
        CHECK(u, is("", type_of(zeros, size), "size", size));
}

static void a_near_miss_is_not_named(struct unit *u)
{
    for (size_t i = 0; i < sizeof(misses) / sizeof(misses[0]); i++) {
        const struct miss *m = &misses[i];
        uint8_t *device = device_of(sample_of(m->type));

        put(device, &m->put);
        CHECK(u, is(m->becomes ? m->becomes : "", type_of(device, DEVICE_MAX), m->type, i));
        free(device);
    }
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void random_data_is_nothing(struct unit *u)
{
    uint8_t *device = device_of(NULL);
    uint32_t state = 1;

    for (size_t round = 0; round < 8; round++) {
        for (size_t i = 0; i < DEVICE_MAX; i += 4)
            put_le32(device + i, next_random(&state));
        CHECK(u, is("", type_of(device, DEVICE_MAX - round), "round", round));
    }
    free(device);
}

/* Any code, with the signature of a boot sector and a jump. */
static void a_boot_sector_with_code_is_nothing(struct unit *u)
{
    uint8_t sector[512];
    uint32_t state = 1;

    for (size_t round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof(sector); i += 4)
            put_le32(sector + i, next_random(&state));
        memcpy(sector, "\xeb\x63\x90", 3);
        memcpy(sector + 510, "\x55\xaa", 2);
        CHECK(u, is("", type_of(sector, sizeof(sector)), "round", round));
    }
}

/* GRUB's has the jump, and zeros where FAT has its parameters. */
static void an_mbr_is_no_fat(struct unit *u)
{
    static const struct sample mbr = {
        "",
        512,
        {PUT(0, "\xeb\x63\x90"), PUT(90, "\x80"), PUT(440, "\xef\xbe\xad\xde"),
         PUT(446, "\x80\x20\x21\0\x83\xfe\xff\xff\0\x08\0\0\0\0\x10\0"), PUT(510, "\x55\xaa")}};
    uint8_t *device = device_of(&mbr);

    CHECK(u, is("", type_of(device, DEVICE_MAX), "MBR", 0));
    free(device);
}

/* What comes first in libblkid's order, of two that are there. */
static void containers_come_first(struct unit *u)
{
    static const char *const pairs[][2] = {
        {"linux_raid_member", "ext4"},
        {"linux_raid_member", "btrfs"},
        {"bcache", "xfs"},
        {"LVM2_member", "ext2"},
        {"crypto_LUKS", "ext4"},
        {"crypto_LUKS", "zfs_member"},
        {"VMFS_volume_member", "VMFS"},
        {"vfat", "btrfs"},
        {"swap", "ext3"},
        {"ext4", "zfs_member"},
        {"ext4", "btrfs"},
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        uint8_t *device = device_of(sample_of(pairs[i][1]));
        const struct sample *first = sample_of(pairs[i][0]);

        for (size_t j = 0; j < PUTS_MAX; j++)
            if (first->puts[j].length > 0)
                put(device, &first->puts[j]);
        CHECK(u, is(pairs[i][0], type_of(device, DEVICE_MAX), "pair", i));
        free(device);
    }
}

/* The last multiple of 4 KiB that leaves 8 KiB to the end. */
static void put_md_1_0(uint8_t *device, size_t size)
{
    size_t at = (size - 8192) / 4096 * 4096;

    memcpy(device + at, MD_1, 8);
    put_le64(device + at + 144, at / 512);
}

/* The last multiple of 64 KiB that leaves 64 KiB to the end. */
static void put_md_0_90(uint8_t *device, size_t size, bool big_endian)
{
    static const uint8_t le[] = {0xfc, 0x4e, 0x2b, 0xa9, 0, 0, 0, 0, 90, 0, 0, 0};
    static const uint8_t be[] = {0xa9, 0x2b, 0x4e, 0xfc, 0, 0, 0, 0, 0, 0, 0, 91};

    memcpy(device + (size - 65536) / 65536 * 65536, big_endian ? be : le, sizeof(le));
}

static void a_raid_is_found_from_the_end(struct unit *u)
{
    static const size_t sizes[] = {131072, 131073, 196607, 196608, 200000, 1048576, 1049088};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (int kind = 0; kind < 3; kind++) {
            uint8_t *device = device_of(sample_of("ext4"));

            if (kind == 0)
                put_md_1_0(device, sizes[i]);
            else
                put_md_0_90(device, sizes[i], kind == 2);
            CHECK(u, is("linux_raid_member", type_of(device, sizes[i]), "size", sizes[i]));
            CHECK(u, is("ext4", type_of(device, sizes[i] + 65536), "size", sizes[i] + 65536));
            free(device);
        }
}

/* The type, as type_of() has it; *kept is how much of the pipe was read. */
static const char *type_of_pipe(const uint8_t *data, size_t len, uint64_t *kept)
{
    const struct probe_answer *answer;
    struct source *s = pipe_of(data, len);
    struct fault f;
    int code = probe_device(s, &answer, NULL, &f);

    *kept = source_pipe_kept(s);
    source_close(s);
    return code < 0 ? "fault" : answer ? answer->type : "";
}

static void of_a_pipe_only_the_head_is_read(struct unit *u)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        const char *want = samples[i].size <= HEAD ? samples[i].type : "";
        uint8_t *device = device_of(&samples[i]);
        uint64_t kept;

        CHECK(u, is(want, type_of_pipe(device, DEVICE_MAX, &kept), "sample", i));
        CHECK(u, kept == HEAD);
        free(device);
    }
}

static void a_short_pipe_is_as_good_as_a_file(struct unit *u)
{
    uint8_t *device = device_of(sample_of("ext4"));
    uint64_t kept;

    CHECK(u, is("", type_of_pipe(device, 0, &kept), "pipe", 0) && kept == 0);
    CHECK(u, is("", type_of_pipe(device, 1535, &kept), "pipe", 1) && kept == 1535);
    CHECK(u, is("ext4", type_of_pipe(device, 1536, &kept), "pipe", 2) && kept == 1536);
    put_md_1_0(device, 100000);
    CHECK(u, is("linux_raid_member", type_of_pipe(device, 100000, &kept), "pipe", 3));
    free(device);
}

static void what_counts_from_the_end_is_not_looked_for_in_a_pipe(struct unit *u)
{
    uint8_t *device = device_of(NULL);
    uint64_t kept;

    put_md_1_0(device, 300 * KIB);
    CHECK(u, is("", type_of_pipe(device, 300 * KIB, &kept), "pipe", 0) && kept == HEAD);
    put_md_1_0(device, HEAD); /* not the pipe's end */
    CHECK(u, is("", type_of_pipe(device, 300 * KIB, &kept), "pipe", 1) && kept == HEAD);
    free(device);
}

/* Never taken for an absent mark. */
static void a_read_error_is_told_as_such(struct unit *u)
{
    static const uint64_t offsets[] = {0,     511,    1080,       4096,
                                       65600, 131032, 1024 * KIB, DEVICE_MAX - 8192};
    uint8_t *device = device_of(NULL);

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        const struct probe_answer *answer;
        struct source *s;
        struct fault f;

        if (source_from_memory(device, DEVICE_MAX, "device", &s, &f) < 0 ||
            source_faulty(s, FAULTY_ERROR, offsets[i], &s, &f) < 0)
            abort();
        CHECK(u, probe_device(s, &answer, NULL, &f) == FAULT_SYSTEM && !answer);
        source_close(s);
    }
    free(device);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, each_type_is_named);
    UNIT_CASE(&u, each_type_of_the_table_has_a_sample);
    UNIT_CASE(&u, a_title_has_its_article);
    UNIT_CASE(&u, one_byte_too_few_is_nothing);
    UNIT_CASE(&u, a_short_device_is_nothing);
    UNIT_CASE(&u, a_near_miss_is_not_named);
    UNIT_CASE(&u, random_data_is_nothing);
    UNIT_CASE(&u, a_boot_sector_with_code_is_nothing);
    UNIT_CASE(&u, an_mbr_is_no_fat);
    UNIT_CASE(&u, containers_come_first);
    UNIT_CASE(&u, a_raid_is_found_from_the_end);
    UNIT_CASE(&u, of_a_pipe_only_the_head_is_read);
    UNIT_CASE(&u, a_short_pipe_is_as_good_as_a_file);
    UNIT_CASE(&u, what_counts_from_the_end_is_not_looked_for_in_a_pipe);
    UNIT_CASE(&u, a_read_error_is_told_as_such);
    return unit_end(&u);
}
