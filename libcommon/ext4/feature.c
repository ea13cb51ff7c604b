/* SPDX-License-Identifier: MIT */
/* The features of ext2, ext3 and ext4 by the names that mke2fs gives them, and which can be read.
 */
#include <stddef.h>
#include <stdio.h>

#include "ext4/super.h"

struct feature {
    uint32_t bit;
    bool readable;
    const char *name;
};

/* Incompatible: whoever does not know the bit must not read. */
static const struct feature incompat_features[] = {
    {0x1, false, "compression"},
    {INCOMPAT_FILETYPE, true, "filetype"},
    {INCOMPAT_RECOVER, true, "needs_recovery"},
    {INCOMPAT_META_BG, true, "meta_bg"},
    {INCOMPAT_EXTENTS, true, "extent"},
    {INCOMPAT_64BIT, true, "64bit"},
    {INCOMPAT_MMP, true, "mmp"},
    {INCOMPAT_FLEX_BG, true, "flex_bg"},
    {INCOMPAT_EA_INODE, true, "ea_inode"},
    {0x1000, false, "dirdata"},
    {INCOMPAT_CSUM_SEED, true, "metadata_csum_seed"},
    {INCOMPAT_LARGEDIR, true, "large_dir"},
    {INCOMPAT_INLINE_DATA, true, "inline_data"},
    {INCOMPAT_ENCRYPT, true, "encrypt"},
    {INCOMPAT_CASEFOLD, true, "casefold"},
    {0, false, NULL},
};

/* Read-only compatible: an unknown bit forbids writing only.  These two change what is read: inodes
 * of another time, blocks that belong to several files. */
static const struct feature ro_compat_features[] = {
    {RO_COMPAT_SNAPSHOT, false, "snapshot"},
    {RO_COMPAT_SHARED_BLOCKS, false, "shared_blocks"},
    {0, false, NULL},
};

static const struct feature *find_feature(const struct feature *table, uint32_t bit)
{
    while (table->bit != 0 && table->bit != bit)
        table++;
    return table;
}

/* Every set bit is looked up; unknown is what a bit not in the table means. */
static int check_set(uint32_t set, const struct feature *table, bool unknown, struct fault *f)
{
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        const struct feature *feature = find_feature(table, bit);

        if (!(set & bit) || (feature->bit ? feature->readable : unknown))
            continue;
        if (feature->bit)
            return fault_set(f, FAULT_UNSUPPORTED, "the feature %s is not supported",
                             feature->name);
        return fault_set(f, FAULT_UNSUPPORTED,
                         "the incompatible feature bit 0x%x is unknown and not supported", bit);
    }
    return 0;
}

int ext4_features_check(const struct ext4_super *s, struct fault *f)
{
    int code;

    if (s->incompat & INCOMPAT_JOURNAL_DEV)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "this is the journal of another file system (feature journal_dev)");
    code = check_set(s->incompat, incompat_features, false, f);
    return code != 0 ? code : check_set(s->ro_compat, ro_compat_features, true, f);
}
