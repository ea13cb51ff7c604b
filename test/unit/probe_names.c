/* SPDX-License-Identifier: MIT */
/* probe/: labels and UUIDs of each type; damaged lists and dates; pipes, failures.  With a file as
 * argument it prints what that is called, for probe_names.bats. */
#include "base/bytes.h"
#include "probe/table.h"
#include "probe_made.h"
#include "unit.h"

enum { KIB = 1024, DEVICE_MAX = 2200 * KIB, HEAD = 132 * KIB, PUTS_MAX = 10 };

#define HEX       "\x01\x23\x45\x67\x89\xab\xcd\xef\x10\x32\x54\x76\x98\xba\xdc\xfe"
#define HEX_SHOWN "01234567-89ab-cdef-1032-547698badcfe"

/* A device of zeros but for this, and what it is called. */
struct sample {
    const char *label, *uuid;
    struct put puts[PUTS_MAX];
};

#define XFS     PUT(0, "XFSB\0\0\x10\0"), PUT(88, "\0\0\0\4"), PUT(102, "\x02\0"), PUT(120, "\x0c\x09")
#define LVM2_ID "6DoBLdqXSOabcdefghijklmnopQRSTUV"

static const struct sample samples[] = {
    {"host:0", HEX_SHOWN, {PUT(4096, MD_1), PUT(4096 + 144, "\x8"), PUT(4112, HEX "host:0")}},
    /* As large as the device: version 0.90 lies before its last 64 KiB. */
    {"",
     "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
     {PUT(2112 * KIB, "\xfc\x4e\x2b\xa9\0\0\0\0\x5a\0\0\0"),
      PUT(2112 * KIB + 20, "\x3d\x2c\x1b\x0a"),
      PUT(2112 * KIB + 52, "\x71\x60\x5f\x4e\xb5\xa4\x93\x82\xf9\xe8\xd7\xc6")}},
    {"",
     "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
     {PUT(2112 * KIB, "\xa9\x2b\x4e\xfc\0\0\0\0\0\0\0\x5b"),
      PUT(2112 * KIB + 20, "\x0a\x1b\x2c\x3d"),
      PUT(2112 * KIB + 52, "\x4e\x5f\x60\x71\x82\x93\xa4\xb5\xc6\xd7\xe8\xf9")}},
    {"", "", {PUT(2112 * KIB, "\xfc\x4e\x2b\xa9\0\0\0\0\x5a\0\0\0")}},
    {"",
     HEX_SHOWN,
     {PUT(4096 + 8, "\x8"), PUT(4096 + 24, BCACHE_MAGIC HEX "set.............label")}},
    {"label",
     HEX_SHOWN,
     {PUT(4096 + 24, BCACHEFS_MAGIC "internal........" HEX "label"), PUT(4096 + 104, "\x8")}},
    {"",
     "6DoBLd-qXSO-abcd-efgh-ijkl-mnop-QRSTUV",
     {PUT(512, "LABELONE\1"), PUT(512 + 24, "LVM2 001" LVM2_ID)}},
    {"", HEX_SHOWN, {PUT(0, "LUKS\xba\xbe\0\1aes"), PUT(24, "no label"), PUT(168, HEX_SHOWN)}},
    {"l\xc3\xbcks",
     HEX_SHOWN,
     {PUT(0, "LUKS\xba\xbe\0\2"), PUT(24, "l\xc3\xbcks"), PUT(168, HEX_SHOWN)}},
    {"", "", {PUT(1024 * KIB, "\x0d\xd0\x01\xc0\5\0\0\0"), PUT(1024 * KIB + 18, "no label")}},
    {"store",
     "67452301-efcdab89-3210-547698badcfe",
     {PUT(2048 * KIB, "\x5e\xf1\xab\x2f\4\0\0\0"), PUT(2048 * KIB + 9, HEX),
      PUT(2048 * KIB + 29, "store")}},
    {"", "", {PUT(0, "\xeb\x52\x90-FVE-FS-"), PUT(510, "\x55\xaa")}},
    {"swap", HEX_SHOWN, {PUT(4086, "SWAPSPACE2"), PUT(1036, HEX "swap")}},
    {"swap", HEX_SHOWN, {PUT(65526, "S1SUSPEND"), PUT(1036, HEX "swap")}},
    {"", "", {PUT(4086, "SWAP-SPACE"), PUT(1036, HEX "swap")}}, /* a list of pages */
    {"xfs", HEX_SHOWN, {XFS, PUT(32, HEX), PUT(108, "xfs")}},
    {"journal", HEX_SHOWN, {EXT_GROUP, PUT(1024 + 0x60, "\x08"), PUT(1024 + 0x68, HEX "journal")}},
    {"ext2", HEX_SHOWN, {EXT_GROUP, PUT(1024 + 0x68, HEX "ext2")}},
    {"ext3", HEX_SHOWN, {EXT_GROUP, PUT(1024 + 0x5c, "\4"), PUT(1024 + 0x68, HEX "ext3")}},
    {"ext4", HEX_SHOWN, {EXT_GROUP, PUT(1024 + 0x60, "\x40"), PUT(1024 + 0x68, HEX "ext4")}},
    {"reiser", HEX_SHOWN, {PUT(64 * KIB + 52, "ReIsEr2Fs"), PUT(64 * KIB + 84, HEX "reiser")}},
    {"", "", {PUT(64 * KIB + 52, "ReIsErFs"), PUT(64 * KIB + 84, HEX "reiser")}},
    {"jfs",
     HEX_SHOWN,
     {PUT(32768, "JFS1\1\0\0\0"), PUT(32784, "\0\x10\0\0\x0c"), PUT(32768 + 136, HEX "jfs")}},
    {"", "", {PUT(1024, "H+\0\4"), PUT(1064, "\0\0\x10\0\0\0\x10\0")}},
    {"cluster:gfs2",
     HEX_SHOWN,
     {PUT(64 * KIB, "\x01\x16\x19\x70\0\0\0\1"), PUT(64 * KIB + 24, "\0\0\x07\x09\0\0\x07\x6c"),
      PUT(64 * KIB + 160, "cluster:gfs2"), PUT(64 * KIB + 256, HEX)}},
    {"ocfs2",
     HEX_SHOWN,
     {PUT(1024, "OCFSV2"), PUT(1024 + 0xf8, "\x09"), PUT(1024 + 0x110, "ocfs2"),
      PUT(1024 + 0x150, HEX)}},
    {"", "", {PUT(0, "hsqs"), PUT(12, "\0\0\2\0"), PUT(22, "\x11"), PUT(28, "\4")}},
    {"btrfs",
     HEX_SHOWN,
     {PUT(64 * KIB + 0x20, HEX), PUT(64 * KIB + 64, "_BHRfS_M"), PUT(64 * KIB + 0x12b, "btrfs")}},
    {"nilfs2",
     HEX_SHOWN,
     {PUT(1024, "\2\0\0\0\0\0\x34\x34\x18\x01"), PUT(1044, "\2"), PUT(1024 + 152, HEX "nilfs2")}},
    {"f\xc3\xbcr \xe2\x82\xac",
     HEX_SHOWN,
     {PUT(1024, "\x10\x20\xf5\xf2"), PUT(1032, "\x09\0\0\0\3\0\0\0\x0c"),
      PUT(1024 + 108, HEX "f\0\xfc\0r\0 \0\xac\x20")}},
    {"", HEX_SHOWN, {PUT(8, "\1"), PUT(24, "\1\0\0\x80"), PUT(32, "NXSB\0\x10\0\0"), PUT(72, HEX)}},
    {"erofs",
     HEX_SHOWN,
     {PUT(1024, "\xe2\xe1\xf5\xe0"), PUT(1036, "\x0c"), PUT(1024 + 48, HEX "erofs")}},
};

static uint8_t *device_of(const struct put *puts)
{
    uint8_t *device = calloc(1, DEVICE_MAX);

    if (!device)
        abort();
    for (size_t i = 0; i < PUTS_MAX; i++)
        put(device, &puts[i]);
    return device;
}

static void each_type_has_its_names(struct unit *u)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        uint8_t *device = device_of(samples[i].puts);

        CHECK(u, named(device, DEVICE_MAX, samples[i].label, samples[i].uuid));
        free(device);
    }
}

/* A name's longest text, which has no NUL in its field, fits. */
static void a_label_without_a_nul_is_as_long_as_its_field(struct unit *u)
{
    static const struct put f2fs[PUTS_MAX] = {PUT(1024, "\x10\x20\xf5\xf2"),
                                              PUT(1032, "\x09\0\0\0\3\0\0\0\x0c")};
    static const struct put xfs[PUTS_MAX] = {XFS, PUT(108, "twelve bytes")};
    static const struct put erofs[PUTS_MAX] = {PUT(1024, "\xe2\xe1\xf5\xe0"),
                                               PUT(1036, "\x0c\0\0\0 \t\n\v\f\r")};
    char label[PROBE_LABEL_BYTES] = "";
    uint8_t *device = device_of(xfs);

    CHECK(u, named(device, DEVICE_MAX, "twelve bytes", ""));
    free(device);
    device = device_of(f2fs);
    for (int i = 0; i < 512; i++) {
        memcpy(device + 1024 + 124 + 2 * i, "\xac\x20", 2);
        memcpy(label + 3 * i, "\xe2\x82\xac", 3);
    }
    device[1024 + 124 + 1024] = 'x';
    CHECK(u, strlen(label) == PROBE_LABEL_BYTES - 1 && named(device, DEVICE_MAX, label, ""));
    free(device);
    device = device_of(erofs);
    CHECK(u, named(device, DEVICE_MAX, "", ""));
    free(device);
}

static void white_space_is_trimmed_from_the_end_only(struct unit *u)
{
    static const struct put blank[PUTS_MAX] = {EXT_GROUP, PUT(1024 + 0x78, " \t\n\v\f\r    ")};
    static const struct put some[PUTS_MAX] = {EXT_GROUP,
                                              PUT(1024 + 0x78, " a b\x80\1 \t\n\v\f\r\0x")};
    uint8_t *device = device_of(blank);

    CHECK(u, named(device, DEVICE_MAX, "", ""));
    free(device);
    device = device_of(some);
    CHECK(u, named(device, DEVICE_MAX, " a b\x80\1", ""));
    free(device);
}

/* The superblock's first 512 bytes are there, the label is not. */
static void a_name_past_the_end_is_none(struct unit *u)
{
    static const struct put f2fs[PUTS_MAX] = {PUT(1024, "\x10\x20\xf5\xf2"),
                                              PUT(1032, "\x09\0\0\0\3\0\0\0\x0c"),
                                              PUT(1024 + 108, HEX "f\0")};
    uint8_t *device = device_of(f2fs);

    CHECK(u, named(device, 1024 + 124 + 1024, "f", HEX_SHOWN));
    CHECK(u, named(device, 1024 + 124 + 1023, "", HEX_SHOWN));
    free(device);
}

/* ---- ISO 9660 ---- */

#define DESCRIPTOR(i, type)            PUT(32768 + 2048 * (i), type "CD001\1")
#define VOLUME_ID(i, id)               PUT(32768 + 2048 * (i) + 40, id)
#define JOLIET(i)                      PUT(32768 + 2048 * (i) + 88, "%/E")
#define TIMES(created, zone, modified) PUT(32768 + 813, created zone modified)

static void of_an_iso_9660_image(struct unit *u)
{
    static const struct sample isos[] = {
        {"ISO",
         "2024-01-31-23-59-58-97",
         {DESCRIPTOR(0, "\1"), VOLUME_ID(0, "ISO            "),
          TIMES("2000010112000000", "\0", "2024013123595897"), DESCRIPTOR(1, "\377")}},
        /* Never modified: the digits are zeros, spaces or damaged. */
        {"",
         "2000-01-01-12-00-00-00",
         {DESCRIPTOR(0, "\1"), TIMES("2000010112000000", "\0", "0000000000000000")}},
        {"",
         "2000-01-01-12-00-00-00",
         {DESCRIPTOR(0, "\1"), TIMES("2000010112000000", "\0", "                ")}},
        {"",
         "2000-01-01-12-00-00-00",
         {DESCRIPTOR(0, "\1"), TIMES("2000010112000000", "\0", "202401312359589\xff")}},
        /* Digits that are zeros, but the time zone is not. */
        {"",
         "0000-00-00-00-00-00-00",
         {DESCRIPTOR(0, "\1"), TIMES("0000000000000000", "\4", "0000000000000000")}},
        {"", "", {DESCRIPTOR(0, "\1"), TIMES("0000000000000000", "\0", "0000000000000000")}},
        {"", "", {DESCRIPTOR(0, "\1")}},
        /* A boot record comes first. */
        {"ISO",
         "",
         {DESCRIPTOR(0, "\0"), VOLUME_ID(0, "no label"), DESCRIPTOR(1, "\1"), VOLUME_ID(1, "ISO")}},
        {"\xc3\xbc",
         "",
         {DESCRIPTOR(0, "\1"), VOLUME_ID(0, "U"), DESCRIPTOR(1, "\2"), VOLUME_ID(1, "\0\xfc\0 "),
          JOLIET(1)}},
        /* Supplementary, but not Joliet. */
        {"U",
         "",
         {DESCRIPTOR(0, "\1"), VOLUME_ID(0, "U"), DESCRIPTOR(1, "\2"), VOLUME_ID(1, "\0\xfc\0 ")}},
        /* Joliet has no room for it all. */
        {"0123456789abcdefgh",
         "",
         {DESCRIPTOR(0, "\1"), VOLUME_ID(0, "0123456789abcdefgh"), DESCRIPTOR(1, "\2"),
          VOLUME_ID(1, "\0000\0001\0002\0003\0004\0005\0006\0007\0008\0009\0a\0b\0c\0d\0e\0f"),
          JOLIET(1)}},
        /* After the terminator; after what is no descriptor. */
        {"U",
         "",
         {DESCRIPTOR(0, "\1"), VOLUME_ID(0, "U"), DESCRIPTOR(1, "\377"), DESCRIPTOR(2, "\2"),
          VOLUME_ID(2, "\0x"), JOLIET(2)}},
        {"U",
         "",
         {DESCRIPTOR(0, "\1"), VOLUME_ID(0, "U"), DESCRIPTOR(2, "\2"), VOLUME_ID(2, "\0x"),
          JOLIET(2)}},
    };

    for (size_t i = 0; i < sizeof(isos) / sizeof(isos[0]); i++) {
        uint8_t *device = device_of(isos[i].puts);

        CHECK(u, named(device, DEVICE_MAX, isos[i].label, isos[i].uuid));
        free(device);
    }
}

/* Joliet's is descriptor 17, one more than are looked at, or the last of them. */
static void descriptors_of_iso_9660_without_an_end_are_not_read_on(struct unit *u)
{
    uint8_t *device = calloc(1, DEVICE_MAX);

    if (!device)
        abort();
    for (int i = 0; i < 500; i++)
        memcpy(device + 32768 + 2048 * i, "\1CD001\1", 7);
    memcpy(device + 32768 + 17 * 2048, "\2CD001\1", 7);
    memcpy(device + 32768 + 17 * 2048 + 40, "\0j", 2);
    memcpy(device + 32768 + 17 * 2048 + 88, "%/@", 3);
    CHECK(u, named(device, DEVICE_MAX, "", ""));
    memmove(device + 32768 + 16 * 2048, device + 32768 + 17 * 2048, 2048);
    CHECK(u, named(device, DEVICE_MAX, "j", ""));
    free(device);
}

/* ---- UDF ---- */

/* Sectors of 512 bytes: the anchor, in it the place and size of descriptors; a descriptor. */
#define UDF       PUT(32768, "\0BEA01\1"), PUT(34816, "\0NSR02\1")
#define SECTOR(i) (512 * (i))
#define ANCHOR(length, location)                                                                   \
    PUT(SECTOR(256), "\2\0\2\0\0\0\0\0\0\0\0\0\0\1\0\0" length location)
#define TAG(i, type, location)   PUT(SECTOR(i), type "\0\2\0\0\0\0\0\0\0\0\0" location)
#define DSTRING(i, field, text)  PUT(SECTOR(i) + field, text)
#define DSTRING_END(i, field, n) PUT(SECTOR(i) + field + 127, n)

enum { SET = 72, LOGICAL = 84 };

static void of_udf(struct unit *u)
{
    static const struct sample discs[] = {
        {"L\xc3\xbc",
         "0123456789abcdef",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\1", "\x10\1\0\0"),
          DSTRING(272, SET,
                  "\x08"
                  "0123456789ABCDEFrest"),
          DSTRING_END(272, SET, "\x15"), TAG(273, "\6", "\x11\1\0\0"),
          DSTRING(273, LOGICAL, "\x08L\xfc"), DSTRING_END(273, LOGICAL, "\3")}},
        /* Half of it is no number; all of it; too short. */
        {"\xe2\x82\xac",
         "012345672d4e5f20",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\1", "\x10\1\0\0"),
          DSTRING(272, SET,
                  "\x08"
                  "01234567-N_ rest"),
          DSTRING_END(272, SET, "\x11"), TAG(273, "\6", "\x11\1\0\0"),
          DSTRING(273, LOGICAL, "\x10\x20\xac"), DSTRING_END(273, LOGICAL, "\3")}},
        {"",
         "5465737420646973",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\1", "\x10\1\0\0"),
          DSTRING(272, SET,
                  "\x08"
                  "Test disc"),
          DSTRING_END(272, SET, "\x0a")}},
        {"",
         "",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\1", "\x10\1\0\0"),
          DSTRING(272, SET,
                  "\x08"
                  "0123456"),
          DSTRING_END(272, SET, "\x08")}},
        /* A length that is more than there is; one of 0; neither 8 nor 16 bits. */
        {"x",
         "",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\6", "\x10\1\0\0"),
          DSTRING(272, LOGICAL, "\x08x"), DSTRING_END(272, LOGICAL, "\xff")}},
        {"",
         "",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\6", "\x10\1\0\0"),
          DSTRING(272, LOGICAL, "\x08x")}},
        {"",
         "",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\6", "\x10\1\0\0"),
          DSTRING(272, LOGICAL, "\x09x"), DSTRING_END(272, LOGICAL, "\2")}},
        /* No anchor; no list; one that is elsewhere; a descriptor of another sector. */
        {"",
         "",
         {UDF, TAG(272, "\6", "\x10\1\0\0"), DSTRING(272, LOGICAL, "\x08x"),
          DSTRING_END(272, LOGICAL, "\2")}},
        {"",
         "",
         {UDF, ANCHOR("\xff\1\0\0", "\x10\1\0\0"), TAG(272, "\6", "\x10\1\0\0"),
          DSTRING(272, LOGICAL, "\x08x"), DSTRING_END(272, LOGICAL, "\2")}},
        {"",
         "",
         {UDF, ANCHOR("\xff\xff\xff\xff", "\xff\xff\xff\xff"), TAG(272, "\6", "\x10\1\0\0"),
          DSTRING(272, LOGICAL, "\x08x"), DSTRING_END(272, LOGICAL, "\2")}},
        {"",
         "",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\6", "\x11\1\0\0"),
          DSTRING(272, LOGICAL, "\x08x"), DSTRING_END(272, LOGICAL, "\2")}},
        /* After the terminating descriptor. */
        {"",
         "",
         {UDF, ANCHOR("\0\x40\0\0", "\x10\1\0\0"), TAG(272, "\x8", "\x10\1\0\0"),
          TAG(273, "\6", "\x11\1\0\0"), DSTRING(273, LOGICAL, "\x08x"),
          DSTRING_END(273, LOGICAL, "\2")}},
    };

    for (size_t i = 0; i < sizeof(discs) / sizeof(discs[0]); i++) {
        uint8_t *device = device_of(discs[i].puts);

        CHECK(u, named(device, DEVICE_MAX, discs[i].label, discs[i].uuid));
        free(device);
    }
}

/* ---- ZFS ---- */

enum { LIST = 16 * KIB, PAIRS = LIST + 12, LIST_END = 128 * KIB - 40 };

#define ZFS_MARK PUT(128 * KIB - 40, "\x11\x7a\x0c\xb1\x7a\xda\x10\x02")
#define BE(n)    "\0\0\0" n

/* Pairs by their sizes, which are written as they stand in the list. */
#define PAIR_VERSION                                                                               \
    BE("\x24") BE("\x20") BE("\7") "version\0" BE("\x8") BE("\1") "\0\0\0\0\0\0\x13\x88"
#define PAIR_NAME(size)                                                                            \
    BE(size) BE("\x20") BE("\4") "name" BE("\x9") BE("\1") BE("\5") "t\xc3\xa4nk\0\0\0"
#define PAIR_GUID(size)                                                                            \
    BE(size) BE("\x20") BE("\x9") "pool_guid\0\0\0" BE("\x8") BE("\1") "\x80\0\0\0\0\0\0\1"
#define GUID "9223372036854775809"

static void of_a_zfs_pool(struct unit *u)
{
    static const struct sample pools[] = {
        {"t\xc3\xa4nk",
         GUID,
         {ZFS_MARK,
          PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" PAIR_VERSION PAIR_NAME("\x24") PAIR_GUID("\x28"))}},
        {"t\xc3\xa4nk",
         GUID,
         {ZFS_MARK, PUT(LIST, "\1\0\0\0\0\0\0\0\0\0\0\1" PAIR_GUID("\x28") PAIR_NAME("\x24"))}},
        /* The end comes first. */
        {"t\xc3\xa4nk",
         "",
         {ZFS_MARK,
          PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" PAIR_NAME("\x24") "\0\0\0\0" PAIR_GUID("\x28"))}},
        /* Not XDR. */
        {"", "", {ZFS_MARK, PUT(LIST, "\0\1\0\0\0\0\0\0\0\0\0\1" PAIR_NAME("\x24"))}},
        /* A pair's size is less than its head, than its name, than the length of its value, than
         * its value; more than the list. */
        {"", "", {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" BE("\4") PAIR_NAME("\x24"))}},
        {"", "", {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" PAIR_NAME("\x14"))}},
        {"", "", {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" PAIR_NAME("\x18"))}},
        {"", "", {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" PAIR_NAME("\x20"))}},
        {"", "", {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" PAIR_GUID("\x27"))}},
        {"",
         "",
         {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1\0\2\0\0" BE("\x20")
                                  BE("\4") "name" BE("\x9") BE("\1") BE("\4") "tank")}},
        {"",
         "",
         {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1\377\377\377\377" BE("\x20")
                                  BE("\4") "name" BE("\x9") BE("\1") BE("\4") "tank")}},
        /* The name's length is more than there is, and so that of the pair's own name. */
        {"",
         "",
         {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" BE("\x20") BE("\x20")
                                  BE("\4") "name" BE("\x9") BE("\1") BE("\5") "tank")}},
        {"",
         "",
         {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" BE("\x20") BE("\x20")
                                  BE("\4") "name" BE("\x9") BE("\1") "\xff\xff\xff\xff"
                                                                     "tank")}},
        {"",
         "",
         {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" BE("\x20")
                                  BE("\x20") "\xff\xff\xff\xff"
                                             "name" BE("\x9") BE("\1") BE("\4") "tank")}},
        /* Of another type; no number. */
        {"",
         "",
         {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" BE("\x20") BE("\x20")
                                  BE("\4") "name" BE("\x8") BE("\1") BE("\4") "tank")}},
        {"",
         "",
         {ZFS_MARK, PUT(LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" BE("\x28") BE("\x20") BE(
                                  "\x9") "pool_guid\0\0\0" BE("\x8") BE("\1") "\0\0\0\0\0\0\0\0")}},
        /* The second label's. */
        {"t\xc3\xa4nk",
         "",
         {PUT(384 * KIB - 40, "\x11\x7a\x0c\xb1\x7a\xda\x10\x02"),
          PUT(256 * KIB + LIST, "\1\1\0\0\0\0\0\0\0\0\0\1" PAIR_NAME("\x24"))}},
    };

    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
        uint8_t *device = device_of(pools[i].puts);

        CHECK(u, named(device, DEVICE_MAX, pools[i].label, pools[i].uuid));
        free(device);
    }
}

/* Pairs of the least size up to the end, where a name does not fit or just does. */
static void a_zfs_list_is_read_to_its_end_at_most(struct unit *u)
{
    static const struct put marked[PUTS_MAX] = {ZFS_MARK, PUT(LIST, "\1")};
    static const char name[] =
        BE("\x20") BE("\x20") BE("\4") "name" BE("\x9") BE("\1") BE("\4") "tank";
    uint8_t *device = device_of(marked);
    uint32_t at = PAIRS;

    for (; at + 12 <= LIST_END; at += 12)
        device[at + 3] = 12;
    CHECK(u, named(device, DEVICE_MAX, "", ""));
    at -= 24;
    memcpy(device + at, name, 24); /* its value would lie in the trailer */
    CHECK(u, named(device, DEVICE_MAX, "", ""));
    at -= 12;
    memcpy(device + at, name, sizeof(name) - 1);
    CHECK(u, named(device, DEVICE_MAX, "tank", ""));
    free(device);
}

/* ---- where it is read from ---- */

static void a_pipe_has_the_names_of_its_head(struct unit *u)
{
    static const struct put btrfs[PUTS_MAX] = {
        PUT(64 * KIB + 0x20, HEX), PUT(64 * KIB + 64, "_BHRfS_M"), PUT(64 * KIB + 0x12b, "btrfs")};
    static const struct put udf[PUTS_MAX] = {
        UDF, ANCHOR("\0\x40\0\0", "\xff\x0f\0\0"), TAG(4095, "\6", "\xff\x0f\0\0"),
        DSTRING(4095, LOGICAL, "\x08x"), DSTRING_END(4095, LOGICAL, "\2")};
    uint8_t *device = device_of(btrfs);

    CHECK(u, are_names(pipe_of(device, DEVICE_MAX), "btrfs", HEX_SHOWN));
    free(device);
    device = device_of(udf);
    CHECK(u, named(device, DEVICE_MAX, "x", ""));
    CHECK(u, are_names(pipe_of(device, DEVICE_MAX), "", ""));
    free(device);
}

static void what_is_nothing_known_has_no_names(struct unit *u)
{
    static const uint8_t zeros[8192];
    const struct probe_answer *answer;
    struct probe_names n;
    struct source *s;
    struct fault f;

    memset(&n, 'x', sizeof(n));
    if (source_from_memory(zeros, sizeof(zeros), "device", &s, &f) < 0)
        abort();
    CHECK(u, probe_device(s, &answer, &n, &f) == 0 && !answer);
    CHECK(u, n.label[0] == '\0' && n.uuid[0] == '\0');
    source_close(s);
}

/* Of the names alone: without them, the same device has an answer. */
static void a_name_that_cannot_be_read_is_a_fault(struct unit *u)
{
    static const struct put udf[PUTS_MAX] = {UDF, ANCHOR("\0\x40\0\0", "\0\x10\0\0")};
    uint8_t *device = device_of(udf);
    const struct probe_answer *answer;
    struct probe_names n;
    struct source *s;
    struct fault f;

    if (source_from_memory(device, DEVICE_MAX, "device", &s, &f) < 0 ||
        source_faulty(s, FAULTY_ERROR, 2048 * KIB + 100, &s, &f) < 0)
        abort();
    CHECK(u, probe_device(s, &answer, &n, &f) == FAULT_SYSTEM && !answer);
    CHECK(u, probe_device(s, &answer, NULL, &f) == 0 && answer);
    source_close(s);
    free(device);
}

static int tell(const char *path)
{
    const struct probe_answer *answer;
    struct probe_names n;
    struct source *s;
    struct fault f;

    if (source_open_path(path, &s, &f) < 0 || probe_device(s, &answer, &n, &f) < 0) {
        fprintf(stderr, "%s: %s\n", path, f.text);
        return 1;
    }
    printf("%s\n%s\n%s\n", answer ? answer->type : "", n.label, n.uuid);
    source_close(s);
    return 0;
}

int main(int argc, char **argv)
{
    struct unit u = {0};

    if (argc == 2)
        return tell(argv[1]);
    UNIT_CASE(&u, each_type_has_its_names);
    UNIT_CASE(&u, a_label_without_a_nul_is_as_long_as_its_field);
    UNIT_CASE(&u, white_space_is_trimmed_from_the_end_only);
    UNIT_CASE(&u, a_name_past_the_end_is_none);
    UNIT_CASE(&u, of_an_iso_9660_image);
    UNIT_CASE(&u, descriptors_of_iso_9660_without_an_end_are_not_read_on);
    UNIT_CASE(&u, of_udf);
    UNIT_CASE(&u, of_a_zfs_pool);
    UNIT_CASE(&u, a_zfs_list_is_read_to_its_end_at_most);
    UNIT_CASE(&u, a_pipe_has_the_names_of_its_head);
    UNIT_CASE(&u, what_is_nothing_known_has_no_names);
    UNIT_CASE(&u, a_name_that_cannot_be_read_is_a_fault);
    return unit_end(&u);
}
