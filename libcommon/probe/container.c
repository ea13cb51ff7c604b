/* SPDX-License-Identifier: MIT */
/* Checks of what holds other things. */
#include "probe/container.h"

#include <string.h>

#include "base/bytes.h"

enum { SECTOR_BYTES = 512 };

/* Version 0.90 is in the byte order of the machine that made it, 1.x little-endian. */
enum { MD_MAGIC_LE_FIRST = 0xfc };

static uint64_t sector_of(const struct probe_super *s)
{
    return s->offset / SECTOR_BYTES;
}

/* Where a superblock of version 0.90 can be: it is never a device's first block. */
static bool is_md_0(const struct probe_super *s)
{
    bool le = s->bytes[0] == MD_MAGIC_LE_FIRST;
    uint32_t major = le ? le32_at(s->bytes + 4) : be32_at(s->bytes + 4);
    uint32_t minor = le ? le32_at(s->bytes + 8) : be32_at(s->bytes + 8);

    return s->offset > 0 && s->offset % (1 << 16) == 0 && major == 0 &&
           (minor == 90 || minor == 91);
}

/* Versions 1.0, 1.1 and 1.2 differ in nothing but the place, which the superblock notes.  One that
 * lies where another device ends, the last partition's say, does not pass for this device's. */
static bool is_md_1(const struct probe_super *s)
{
    return s->bytes[0] == MD_MAGIC_LE_FIRST && le32_at(s->bytes + 4) == 1 &&
           le64_at(s->bytes + 144) == sector_of(s);
}

bool probe_is_md(const struct probe_super *s)
{
    return is_md_0(s) || is_md_1(s);
}

bool probe_is_bcache(const struct probe_super *s)
{
    return le64_at(s->bytes + 8) == sector_of(s);
}

bool probe_is_bcachefs(const struct probe_super *s)
{
    return le64_at(s->bytes + 104) == sector_of(s);
}

bool probe_is_lvm2(const struct probe_super *s)
{
    return le64_at(s->bytes + 8) == sector_of(s) && memcmp(s->bytes + 24, "LVM2 001", 8) == 0;
}

bool probe_is_luks(const struct probe_super *s)
{
    uint16_t version = be16_at(s->bytes + 6);

    return version == 1 || version == 2;
}

/* The boot entry point is that of NTFS (Vista) or of FAT32. */
bool probe_is_bitlocker(const struct probe_super *s)
{
    return (memcmp(s->bytes, "\xeb\x52\x90", 3) == 0 || memcmp(s->bytes, "\xeb\x58\x90", 3) == 0) &&
           le16_at(s->bytes + 510) == 0xaa55;
}

/* Versions are counted, VMFS 6 is the newest: what is no small number is none. */
bool probe_is_vmfs(const struct probe_super *s)
{
    uint32_t version = le32_at(s->bytes + 4);

    return version > 0 && version < 256;
}
