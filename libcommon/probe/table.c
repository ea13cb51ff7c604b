/* SPDX-License-Identifier: MIT */
/* The types that are known. */
#include "probe/table.h"

#include "probe/boot.h"
#include "probe/container.h"
#include "probe/ext.h"
#include "probe/fat.h"
#include "probe/filesystem.h"
#include "probe/iso9660.h"
#include "probe/ntfs.h"
#include "probe/udf.h"
#include "probe/zfs.h"

#define KIB UINT64_C(1024)

/* A magic number `into` a superblock that starts at `super`, or where `behind` bytes follow. */
#define AT(super, into, literal)           super, 0, into, sizeof(literal) - 1, literal
#define BEFORE_END(behind, align, literal) behind, align, 0, sizeof(literal) - 1, literal
#define MARKS(...)                         ((const struct probe_mark[]){__VA_ARGS__, {.magic = NULL}})

/* Where a name lies in a superblock, and how it is shown. */
#define TEXT(at, length)    PROBE_TEXT, at, length
#define UTF16LE(at, length) PROBE_UTF16LE, at, length
#define UUID(at)            PROBE_UUID, at, 16
#define VMFS_UUID(at)       PROBE_VMFS_UUID, at, 16
#define LVM2_ID(at)         PROBE_LVM2_ID, at, 32
#define SERIAL_32(at)       PROBE_SERIAL_32, at, 4
#define SERIAL_64(at)       PROBE_SERIAL_64, at, 8

/* Swap space is marked at the end of its first page, whose size is the machine's that made it. */
#define AT_PAGE_END(page, literal) AT(0, page - 10, literal)

enum { SWAP_UUID = 1024 + 12, SWAP_LABEL = 1024 + 28 };

#define MD_MAGIC_LE        "\xfc\x4e\x2b\xa9"
#define MD_MAGIC_BE        "\xa9\x2b\x4e\xfc"
#define BCACHE_MAGIC       "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"
#define BCACHEFS_MAGIC     "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"
#define BITLOCKER_TO_GO    "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01"
#define ZFS_LABEL_MAGIC_LE "\x11\x7a\x0c\xb1\x7a\xda\x10\x02"
#define ZFS_LABEL_MAGIC_BE "\x02\x10\xda\x7a\xb1\x0c\x7a\x11"

/* What has a row for each of its versions. */
#define MD_MEMBER   "linux_raid_member", "a member of an MD RAID"
#define LUKS_VOLUME "crypto_LUKS", "a LUKS encrypted volume"
#define SWAP_SPACE  "swap", "swap space"
#define REISERFS    "reiserfs", "a ReiserFS file system"

const struct probe_row probe_rows[] = {
    {
        .answer = {MD_MEMBER}, /* version 0.90 in both byte orders */
        .marks = MARKS({BEFORE_END(64 * KIB, 65536, MD_MAGIC_LE)},
                       {BEFORE_END(64 * KIB, 65536, MD_MAGIC_BE)}),
        .check = probe_is_md_0,
        .names = probe_md_0_names,
    },
    {
        .answer = {MD_MEMBER}, /* 1.0; 1.1; 1.2 */
        .marks = MARKS({BEFORE_END(8 * KIB, 4096, MD_MAGIC_LE)}, {AT(0, 0, MD_MAGIC_LE)},
                       {AT(4 * KIB, 0, MD_MAGIC_LE)}),
        .check = probe_is_md_1,
        .label = {TEXT(32, 32)},
        .uuid = {UUID(16)},
    },
    {
        .answer = {"bcache", "a bcache device"},
        .marks = MARKS({AT(4 * KIB, 24, BCACHE_MAGIC)}),
        .check = probe_is_bcache,
        .uuid = {UUID(40)},
    },
    {
        .answer = {"bcachefs", "a bcachefs file system"},
        .marks = MARKS({AT(4 * KIB, 24, BCACHEFS_MAGIC)}, {AT(4 * KIB, 24, BCACHE_MAGIC)}),
        .check = probe_is_bcachefs,
        .label = {TEXT(72, 32)},
        .uuid = {UUID(56)},
    },
    {
        .answer = {"LVM2_member", "an LVM2 physical volume"},
        .marks = MARKS({AT(0, 0, "LABELONE")}, {AT(512, 0, "LABELONE")}, {AT(1024, 0, "LABELONE")},
                       {AT(1536, 0, "LABELONE")}),
        .check = probe_is_lvm2,
        .uuid = {LVM2_ID(32)},
    },
    {
        .answer = {LUKS_VOLUME}, /* version 1 */
        .marks = MARKS({AT(0, 0, "LUKS\xba\xbe\0\1")}),
        .uuid = {TEXT(168, 40)},
    },
    {
        .answer = {LUKS_VOLUME}, /* version 2 */
        .marks = MARKS({AT(0, 0, "LUKS\xba\xbe\0\2")}),
        .label = {TEXT(24, 48)},
        .uuid = {TEXT(168, 40)},
    },
    {
        .answer = {"VMFS_volume_member", "a member of a VMFS datastore"},
        .marks = MARKS({AT(1024 * KIB, 0, "\x0d\xd0\x01\xc0")}),
        .check = probe_is_vmfs,
    },
    {
        .answer = {"BitLocker", "a BitLocker encrypted volume"},
        .marks = MARKS({AT(0, 3, "-FVE-FS-")}, {AT(0, 424, BITLOCKER_TO_GO)}),
        .check = probe_is_bitlocker,
    },
    {
        .answer = {"ntfs", "an NTFS file system"},
        .marks = MARKS({AT(0, 3, "NTFS    ")}),
        .check = probe_is_ntfs,
        .uuid = {SERIAL_64(72)},
        .names = probe_ntfs_label,
    },
    {
        .answer = {"exfat", "an exFAT file system"},
        .marks = MARKS({AT(0, 3, "EXFAT   ")}),
        .check = probe_is_exfat,
        .uuid = {SERIAL_32(100)},
        .names = probe_exfat_label,
    },
    {
        .answer = {"vfat", "a FAT file system"},
        .marks = MARKS({AT(0, 510, "\x55\xaa")}),
        .check = probe_is_fat,
        .names = probe_fat_names,
    },
    {
        .answer = {"swsuspend", "swap space with a hibernated system"},
        .marks = MARKS({AT_PAGE_END(4096, "S1SUSPEND")}, {AT_PAGE_END(8192, "S1SUSPEND")},
                       {AT_PAGE_END(16384, "S1SUSPEND")}, {AT_PAGE_END(32768, "S1SUSPEND")},
                       {AT_PAGE_END(65536, "S1SUSPEND")}, {AT_PAGE_END(4096, "S2SUSPEND")},
                       {AT_PAGE_END(8192, "S2SUSPEND")}, {AT_PAGE_END(16384, "S2SUSPEND")},
                       {AT_PAGE_END(32768, "S2SUSPEND")}, {AT_PAGE_END(65536, "S2SUSPEND")},
                       {AT_PAGE_END(4096, "ULSUSPEND")}, {AT_PAGE_END(8192, "ULSUSPEND")},
                       {AT_PAGE_END(16384, "ULSUSPEND")}, {AT_PAGE_END(32768, "ULSUSPEND")},
                       {AT_PAGE_END(65536, "ULSUSPEND")}, {AT_PAGE_END(4096, "LINHIB0001")},
                       {AT_PAGE_END(8192, "LINHIB0001")}, {AT_PAGE_END(16384, "LINHIB0001")},
                       {AT_PAGE_END(32768, "LINHIB0001")}, {AT_PAGE_END(65536, "LINHIB0001")}),
        .label = {TEXT(SWAP_LABEL, 16)},
        .uuid = {UUID(SWAP_UUID)},
    },
    {
        .answer = {SWAP_SPACE},
        .marks = MARKS({AT_PAGE_END(4096, "SWAPSPACE2")}, {AT_PAGE_END(8192, "SWAPSPACE2")},
                       {AT_PAGE_END(16384, "SWAPSPACE2")}, {AT_PAGE_END(32768, "SWAPSPACE2")},
                       {AT_PAGE_END(65536, "SWAPSPACE2")}),
        .label = {TEXT(SWAP_LABEL, 16)},
        .uuid = {UUID(SWAP_UUID)},
    },
    {
        .answer = {SWAP_SPACE}, /* before version 1 */
        .marks = MARKS({AT_PAGE_END(4096, "SWAP-SPACE")}, {AT_PAGE_END(8192, "SWAP-SPACE")},
                       {AT_PAGE_END(16384, "SWAP-SPACE")}, {AT_PAGE_END(32768, "SWAP-SPACE")},
                       {AT_PAGE_END(65536, "SWAP-SPACE")}),
    },
    {
        .answer = {"xfs", "an XFS file system"},
        .marks = MARKS({AT(0, 0, "XFSB")}),
        .check = probe_is_xfs,
        .label = {TEXT(108, 12)},
        .uuid = {UUID(32)},
    },
    {
        .answer = {"jbd", "an external ext3 or ext4 journal"},
        .marks = MARKS({AT(1 * KIB, 0x38, "\x53\xef")}),
        .check = probe_is_ext_journal,
        .label = {TEXT(0x78, 16)},
        .uuid = {UUID(0x68)},
    },
    {
        .answer = {"ext4", "an ext4 file system"},
        .marks = MARKS({AT(1 * KIB, 0x38, "\x53\xef")}),
        .check = probe_is_ext4,
        .label = {TEXT(0x78, 16)},
        .uuid = {UUID(0x68)},
    },
    {
        .answer = {"ext3", "an ext3 file system"},
        .marks = MARKS({AT(1 * KIB, 0x38, "\x53\xef")}),
        .check = probe_is_ext3,
        .label = {TEXT(0x78, 16)},
        .uuid = {UUID(0x68)},
    },
    {
        .answer = {"ext2", "an ext2 file system"},
        .marks = MARKS({AT(1 * KIB, 0x38, "\x53\xef")}),
        .check = probe_is_ext2,
        .label = {TEXT(0x78, 16)},
        .uuid = {UUID(0x68)},
    },
    {
        .answer = {REISERFS}, /* format 3.6, its journal beside it or not */
        .marks = MARKS({AT(64 * KIB, 0x34, "ReIsEr2Fs")}, {AT(64 * KIB, 0x34, "ReIsEr3Fs")}),
        .label = {TEXT(100, 16)},
        .uuid = {UUID(84)},
    },
    {
        .answer = {REISERFS}, /* format 3.5 */
        .marks = MARKS({AT(64 * KIB, 0x34, "ReIsErFs")}, {AT(8 * KIB, 0x34, "ReIsErFs")}),
    },
    {
        .answer = {"jfs", "a JFS file system"},
        .marks = MARKS({AT(32 * KIB, 0, "JFS1")}),
        .check = probe_is_jfs,
        .label = {TEXT(152, 16)},
        .uuid = {UUID(136)},
    },
    {
        .answer = {"udf", "a UDF file system"},
        .look = probe_look_udf,
        .names = probe_udf_names,
    },
    {
        .answer = {"iso9660", "an ISO 9660 file system"},
        .marks = MARKS({AT(32 * KIB, 1, "CD001")}),
        .check = probe_is_iso9660,
        .names = probe_iso9660_names,
    },
    {
        /* The trailers of the first two labels' configuration. */
        .answer = {"zfs_member", "a member of a ZFS pool"},
        .marks = MARKS({AT(0, 128 * KIB - 40, ZFS_LABEL_MAGIC_LE)},
                       {AT(0, 128 * KIB - 40, ZFS_LABEL_MAGIC_BE)},
                       {AT(256 * KIB, 128 * KIB - 40, ZFS_LABEL_MAGIC_LE)},
                       {AT(256 * KIB, 128 * KIB - 40, ZFS_LABEL_MAGIC_BE)}),
        .names = probe_zfs_names,
    },
    {
        .answer = {"hfsplus", "an HFS+ file system"},
        .marks = MARKS({AT(1 * KIB, 0, "H+")}, {AT(1 * KIB, 0, "HX")}),
        .check = probe_is_hfsplus,
    },
    {
        .answer = {"gfs2", "a GFS2 file system"},
        .marks = MARKS({AT(64 * KIB, 0, "\x01\x16\x19\x70")}),
        .check = probe_is_gfs2,
        .label = {TEXT(160, 64)},
        .uuid = {UUID(256)},
    },
    {
        .answer = {"ocfs2", "an OCFS2 file system"},
        .marks = MARKS({AT(1 * KIB, 0, "OCFSV2")}, {AT(2 * KIB, 0, "OCFSV2")},
                       {AT(4 * KIB, 0, "OCFSV2")}, {AT(8 * KIB, 0, "OCFSV2")}),
        .check = probe_is_ocfs2,
        .label = {TEXT(0x110, 64)},
        .uuid = {UUID(0x150)},
    },
    {
        .answer = {"squashfs", "a squashfs file system"},
        .marks = MARKS({AT(0, 0, "hsqs")}),
        .check = probe_is_squashfs,
    },
    {
        .answer = {"btrfs", "a Btrfs file system"},
        .marks = MARKS({AT(64 * KIB, 0x40, "_BHRfS_M")}),
        .label = {TEXT(0x12b, 256)},
        .uuid = {UUID(0x20)},
    },
    {
        .answer = {"VMFS", "a VMFS file system"},
        .marks = MARKS({AT(2048 * KIB, 0, "\x5e\xf1\xab\x2f")}),
        .check = probe_is_vmfs,
        .label = {TEXT(29, 128)},
        .uuid = {VMFS_UUID(9)},
    },
    {
        .answer = {"nilfs2", "a NILFS2 file system"},
        .marks = MARKS({AT(1 * KIB, 6, "\x34\x34")}),
        .check = probe_is_nilfs2,
        .label = {TEXT(168, 80)},
        .uuid = {UUID(152)},
    },
    {
        .answer = {"f2fs", "an F2FS file system"},
        .marks = MARKS({AT(1 * KIB, 0, "\x10\x20\xf5\xf2")}),
        .check = probe_is_f2fs,
        .label = {UTF16LE(124, 1024)},
        .uuid = {UUID(108)},
    },
    {
        .answer = {"apfs", "an APFS container"},
        .marks = MARKS({AT(0, 32, "NXSB")}),
        .check = probe_is_apfs,
        .uuid = {UUID(72)},
    },
    {
        .answer = {"erofs", "an EROFS file system"},
        .marks = MARKS({AT(1 * KIB, 0, "\xe2\xe1\xf5\xe0")}),
        .check = probe_is_erofs,
        .label = {TEXT(64, 16)},
        .uuid = {UUID(48)},
    },
};

const size_t probe_row_count = sizeof(probe_rows) / sizeof(probe_rows[0]);
