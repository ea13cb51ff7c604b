/* SPDX-License-Identifier: MIT */
/* Checks of what holds other things. */
#include "probe/container.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { SECTOR_BYTES = 512 };

enum { MD_MAGIC_LE_FIRST = 0xfc };

static uint64_t sector_of(const struct probe_super *s)
{
    return s->offset / SECTOR_BYTES;
}

static uint32_t md_0_word(const struct probe_super *s, unsigned i)
{
    const uint8_t *word = s->bytes + 4 * i;

    return s->bytes[0] == MD_MAGIC_LE_FIRST ? le32_at(word) : be32_at(word);
}

/* It is never a device's first block. */
bool probe_is_md_0(const struct probe_super *s)
{
    uint32_t major = md_0_word(s, 1);
    uint32_t minor = md_0_word(s, 2);

    return s->offset > 0 && s->offset % (1 << 16) == 0 && major == 0 &&
           (minor == 90 || minor == 91);
}

/* set_uuid0 to set_uuid3. */
int probe_md_0_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                     struct fault *f)
{
    uint32_t w0 = md_0_word(s, 5), w1 = md_0_word(s, 13);
    uint32_t w2 = md_0_word(s, 14), w3 = md_0_word(s, 15);

    (void)v;
    (void)f; /* nothing more is read */
    if (w0 | w1 | w2 | w3)
        snprintf(n->uuid, sizeof(n->uuid), "%08x-%04x-%04x-%04x-%04x%08x", w0, w1 >> 16,
                 w1 & 0xffff, w2 >> 16, w2 & 0xffff, w3);
    return 0;
}

/* Versions 1.0, 1.1 and 1.2 differ in nothing but the place, which the superblock notes.  One that
 * lies where another device ends, the last partition's say, does not pass for this device's. */
bool probe_is_md_1(const struct probe_super *s)
{
    return s->bytes[0] == MD_MAGIC_LE_FIRST && le32_at(s->bytes + 4) == 1 &&
           le64_at(s->bytes + 144) == sector_of(s);
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
