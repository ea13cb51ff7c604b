/* SPDX-License-Identifier: MIT */
/* Group descriptors: where each group's inodes are. */
#include "ext4/fs.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"

enum {
    DESC_CHECKSUM = 0x1e,  /* offset of bg_checksum, 2 bytes */
    DESC_64BIT_BYTES = 64, /* descriptors of this size and up have the high halves */
    DESC_MAX_BYTES = 1024, /* of struct ext4_super */
    INODE_TABLE_LO = 0x08,
    INODE_TABLE_HI = 0x28,
};

static bool is_power_of(uint32_t n, uint32_t base)
{
    while (n % base == 0)
        n /= base;
    return n == 1;
}

/* Does the group start with a copy of the superblock? */
static bool has_super(const struct ext4_super *s, uint32_t group)
{
    if (group == 0)
        return true;
    if (s->compat & COMPAT_SPARSE_SUPER2)
        return group == s->backup_groups[0] || group == s->backup_groups[1];
    if (!(s->ro_compat & RO_COMPAT_SPARSE_SUPER) || group == 1)
        return true;
    return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

/* The block that holds a group's descriptor.  They follow the superblock; with meta_bg, from a
 * point on, each block of descriptors is in the first of the groups that it describes. */
static uint64_t descriptor_block(const struct ext4_super *s, uint32_t group)
{
    uint32_t per_block = s->block_size / s->desc_size;
    uint32_t index = group / per_block;
    uint32_t first;

    if (!(s->incompat & INCOMPAT_META_BG) || index < s->first_meta_bg)
        return (uint64_t)s->first_data_block + 1 + index;
    first = index * per_block;
    return s->first_data_block + (uint64_t)first * s->blocks_per_group + has_super(s, first);
}

/* metadata_csum: CRC-32C, its low half; uninit_bg: CRC-16.  Both over the UUID (or the seed made of
 * it), the group's number and the descriptor without its checksum. */
static int check_checksum(const struct ext4_super *s, uint32_t group, const uint8_t *desc,
                          struct fault *f)
{
    static const uint8_t zero[2];
    const uint8_t *rest = desc + DESC_CHECKSUM + 2;
    size_t rest_bytes = s->desc_size - DESC_CHECKSUM - 2;
    uint8_t number[4];
    uint16_t computed;
    uint32_t crc;

    put_le32(number, group);
    if (ext4_has_metadata_csum(s)) {
        crc = crc32c(s->checksum_seed, number, sizeof(number));
        crc = crc32c(crc, desc, DESC_CHECKSUM);
        crc = crc32c(crc, zero, sizeof(zero));
        computed = (uint16_t)crc32c(crc, rest, rest_bytes);
    } else if (s->ro_compat & RO_COMPAT_GDT_CSUM) {
        computed = crc16(0xffff, s->uuid, sizeof(s->uuid));
        computed = crc16(computed, number, sizeof(number));
        computed = crc16(computed, desc, DESC_CHECKSUM);
        computed = crc16(computed, rest, rest_bytes);
    } else {
        return 0;
    }
    return ext4_checksum_compare(le16_at(desc + DESC_CHECKSUM), computed, f);
}

static int decode(const struct ext4 *fs, uint32_t number, const uint8_t *desc, struct ext4_group *g,
                  struct fault *f)
{
    const struct ext4_super *s = &fs->super;
    uint64_t table = le32_at(desc + INODE_TABLE_LO);
    uint64_t table_blocks =
        div_round_up((uint64_t)s->inodes_per_group * s->inode_size, s->block_size);
    int code = check_checksum(s, number, desc, f);

    if (code != 0)
        return code;
    if (s->desc_size >= DESC_64BIT_BYTES)
        table |= (uint64_t)le32_at(desc + INODE_TABLE_HI) << 32;
    if (!ext4_blocks_valid(fs, table, table_blocks))
        return fault_set(f, FAULT_DAMAGED,
                         "the inode table at block %llu (%llu blocks) lies outside the file "
                         "system (%llu blocks)",
                         (unsigned long long)table, (unsigned long long)table_blocks,
                         (unsigned long long)s->blocks_count);
    *g = (struct ext4_group){.inode_table = table, .number = number, .known = true};
    return 0;
}

static int load(struct ext4 *fs, uint32_t number, struct ext4_group *g, struct fault *f)
{
    const struct ext4_super *s = &fs->super;
    uint64_t block = descriptor_block(s, number);
    uint32_t within = number % (s->block_size / s->desc_size) * s->desc_size;
    uint8_t desc[DESC_MAX_BYTES];
    int code;

    if (!ext4_blocks_valid(fs, block, 1))
        return fault_set(f, FAULT_DAMAGED,
                         "its block %llu lies outside the file system (%llu blocks)",
                         (unsigned long long)block, (unsigned long long)s->blocks_count);
    code = reader_read(fs->reader, block * s->block_size + within, desc, s->desc_size, f);
    return code != 0 ? code : decode(fs, number, desc, g, f);
}

int ext4_group_get(struct ext4 *fs, uint32_t number, const struct ext4_group **out, struct fault *f)
{
    struct ext4_group *slot = &fs->groups[number % EXT4_GROUP_SLOTS];

    if (!slot->known || slot->number != number) {
        slot->known = false;
        if (load(fs, number, slot, f) != 0)
            return fault_prefix(f, "group descriptor %u", number);
    }
    *out = slot;
    return 0;
}
