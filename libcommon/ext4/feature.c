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
    {INCOMPAT_META_BG, true, "meta_bg"},
    {INCOMPAT_EXTENTS, true, "extent"},
    {INCOMPAT_64BIT, true, "64bit"},
    {INCOMPAT_MMP, true, "mmp"},
    {INCOMPAT_FLEX_BG, true, "flex_bg"},
    {0x400, false, "ea_inode"},
    {0x1000, false, "dirdata"},
    {INCOMPAT_CSUM_SEED, true, "metadata_csum_seed"},
    {INCOMPAT_LARGEDIR, true, "large_dir"},
    {0x8000, false, "inline_data"},
    {0x10000, false, "encrypt"},
    {0x20000, false, "casefold"},
    {0, false, NULL},
};

/* Read-only compatible: an unknown bit forbids writing only.  These few change what is read: blocks
 * that are counted in clusters, inodes of another time, blocks that belong to several files. */
static const struct feature ro_compat_features[] = {
    {RO_COMPAT_SNAPSHOT, false, "snapshot"},
    {RO_COMPAT_BIGALLOC, false, "bigalloc"},
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
    code = check_set(s->incompat & ~(uint32_t)INCOMPAT_RECOVER, incompat_features, false, f);
    if (code == 0)
        code = check_set(s->ro_compat, ro_compat_features, true, f);
    if (code != 0)
        return code;
    if (s->compat & COMPAT_HAS_JOURNAL && s->journal_inum == 0)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "an external journal (feature has_journal, no journal inode) is not "
                         "supported");
    if (s->incompat & INCOMPAT_RECOVER)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "the journal must be replayed first (feature needs_recovery), which is "
                         "not supported");
    return 0;
}
