/* SPDX-License-Identifier: MIT */
/* Group descriptors: where each group's inodes and block bitmap are. */
#include "ext4/fs.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"

enum {
    DESC_CHECKSUM = 0x1e,  /* offset of bg_checksum, 2 bytes */
    DESC_MAX_BYTES = 1024, /* of struct ext4_super */
    BLOCK_BITMAP_HI = 0x20,
    INODE_TABLE_LO = 0x08,
    INODE_TABLE_HI = 0x28,
    FLAGS = 0x12,
    FLAG_BLOCK_UNINIT = 2,
    BITMAP_CHECKSUM_LO = 0x18,
    BITMAP_CHECKSUM_HI = 0x38,
};

/* The block of descriptors with this index.  They follow the superblock; with meta_bg, from a point
 * on, each is in the first of the groups that it describes. */
static uint64_t descriptor_block(const struct ext4_super *s, uint32_t index)
{
    uint32_t first = index * (s->block_size / s->desc_size);

    if (!(s->incompat & INCOMPAT_META_BG) || index < s->first_meta_bg)
        return (uint64_t)ext4_super_block(s) + 1 + index;
    if (first == 0)
        return (uint64_t)ext4_super_block(s) + 1;
    return ext4_group_first_block(s, first) + ext4_group_has_super(s, first);
}

/* A copy of it: after the superblock's first copy, or with meta_bg in the group after that. */
static uint64_t descriptor_copy(const struct ext4_super *s, uint32_t index)
{
    uint32_t group = s->compat & COMPAT_SPARSE_SUPER2 ? s->backup_groups[0] : 1;

    if (!(s->incompat & INCOMPAT_META_BG) || index < s->first_meta_bg)
        return ext4_group_first_block(s, group) + 1 + index;
    group = index * (s->block_size / s->desc_size) + 1;
    return ext4_group_first_block(s, group) + ext4_group_has_super(s, group);
}

uint32_t ext4_group_base_blocks(const struct ext4_super *s, uint32_t number)
{
    uint32_t per_block = s->block_size / s->desc_size;
    uint32_t blocks = (s->group_count - 1) / per_block + 1;
    uint32_t super = ext4_group_has_super(s, number);

    if (s->incompat & INCOMPAT_META_BG && number / per_block >= s->first_meta_bg)
        return super + (number % per_block <= 1);
    if (s->incompat & INCOMPAT_META_BG)
        blocks = (uint32_t)min_u64(blocks, s->first_meta_bg);
    if (number == 0) /* block 0 of 1 KiB can be in it, but the superblock is in block 1 */
        super += ext4_super_block(s) - s->first_data_block;
    return super > 0 ? super + blocks : 0;
}

/* metadata_csum: CRC-32C, its low half; uninit_bg: CRC-16.  Both over the UUID (or the seed made of
 * it), the group's number and the descriptor without its checksum. */
static int check_checksum(const struct ext4 *fs, uint32_t group, const uint8_t *desc,
                          struct fault *f)
{
    const struct ext4_super *s = &fs->super;
    static const uint8_t zero[2];
    const uint8_t *rest = desc + DESC_CHECKSUM + 2;
    size_t rest_bytes = s->desc_size - DESC_CHECKSUM - 2;
    uint8_t number[4];
    uint16_t computed;
    uint32_t crc;

    if (fs->options.no_verify)
        return 0;
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

static int check_places(const struct ext4 *fs, const struct ext4_group *g, struct fault *f)
{
    uint64_t table_blocks = ext4_inode_table_blocks(&fs->super);

    if (!ext4_blocks_valid(fs, g->inode_table, table_blocks))
        return fault_set(f, FAULT_DAMAGED,
                         "the inode table at block %llu (%llu blocks) lies outside the file "
                         "system (%llu blocks)",
                         ull(g->inode_table), ull(table_blocks), ull(fs->super.blocks_count));
    if (!ext4_blocks_valid(fs, g->block_bitmap, 1))
        return fault_set(f, FAULT_DAMAGED,
                         "the block bitmap at block %llu lies outside the file system (%llu "
                         "blocks)",
                         ull(g->block_bitmap), ull(fs->super.blocks_count));
    return 0;
}

static int decode(const struct ext4 *fs, uint32_t number, const uint8_t *desc, struct ext4_group *g,
                  struct fault *f)
{
    const struct ext4_super *s = &fs->super;
    bool has_flags = s->ro_compat & (RO_COMPAT_GDT_CSUM | RO_COMPAT_METADATA_CSUM);
    int code = check_checksum(fs, number, desc, f);

    if (code != 0)
        return code;
    *g = (struct ext4_group){
        .block_bitmap = le32_at(desc),
        .inode_table = le32_at(desc + INODE_TABLE_LO),
        .bitmap_checksum = le16_at(desc + BITMAP_CHECKSUM_LO),
        .number = number,
        .block_uninit = has_flags && le16_at(desc + FLAGS) & FLAG_BLOCK_UNINIT,
        .known = true,
    };
    if (s->desc_size >= EXT4_DESC_64BIT_BYTES) {
        g->block_bitmap |= (uint64_t)le32_at(desc + BLOCK_BITMAP_HI) << 32;
        g->inode_table |= (uint64_t)le32_at(desc + INODE_TABLE_HI) << 32;
        g->bitmap_checksum |= (uint32_t)le16_at(desc + BITMAP_CHECKSUM_HI) << 16;
    }
    return check_places(fs, g, f);
}

/* The descriptor of a group from the block that holds it, or a copy of it. */
static int read_from(const struct ext4 *fs, struct reader *reader, uint64_t block, uint32_t number,
                     struct ext4_group *g, struct fault *f)
{
    const struct ext4_super *s = &fs->super;
    uint32_t within = number % (s->block_size / s->desc_size) * s->desc_size;
    uint8_t desc[DESC_MAX_BYTES];
    int code;

    if (!ext4_blocks_valid(fs, block, 1))
        return fault_set(f, FAULT_DAMAGED,
                         "its block %llu lies outside the file system (%llu blocks)", ull(block),
                         ull(s->blocks_count));
    code = reader_read(reader, block * s->block_size + within, desc, s->desc_size, f);
    return code != 0 ? code : decode(fs, number, desc, g, f);
}

uint64_t ext4_group_where(const struct ext4_super *s, uint32_t number)
{
    uint32_t per_block = s->block_size / s->desc_size;

    return descriptor_block(s, number / per_block) * s->block_size +
           (uint64_t)(number % per_block) * s->desc_size;
}

int ext4_group_read(const struct ext4 *fs, struct reader *reader, uint32_t number,
                    struct ext4_group *g, struct fault *f)
{
    uint32_t index = number / (fs->super.block_size / fs->super.desc_size);

    return read_from(fs, reader, descriptor_block(&fs->super, index), number, g, f);
}

/* Whoever keeps going takes what a copy says. */
static int read_copy(struct ext4 *fs, uint32_t number, struct ext4_group *g, struct fault *f)
{
    uint32_t index = number / (fs->super.block_size / fs->super.desc_size);
    uint64_t block = descriptor_copy(&fs->super, index);
    struct ext4_slot *slot;
    struct fault ignored;
    bool added;

    if (f->code != FAULT_DAMAGED || !fs->options.keep_going ||
        read_from(fs, fs->reader, block, number, g, &ignored) != 0)
        return f->code;
    if (ext4_table_put(&fs->copies, number + 1ULL, &slot, &added, f) != 0)
        return f->code;
    if (added) { /* a descriptor may be read more than once */
        fs->losses++;
        notice(fs->options.notices, NOTICE_LOSS, NULL, "%s: using the backup in block %llu",
               f->text, ull(block));
    }
    return 0;
}

int ext4_group_get(struct ext4 *fs, uint32_t number, const struct ext4_group **out, struct fault *f)
{
    struct ext4_group *slot = &fs->groups[number % EXT4_GROUP_SLOTS];
    struct ext4_group g;

    if (!slot->known || slot->number != number) {
        if (ext4_group_read(fs, fs->reader, number, &g, f) != 0) {
            fault_prefix(f, "group descriptor %u", number);
            if (read_copy(fs, number, &g, f) != 0)
                return f->code;
        }
        *slot = g;
    }
    *out = slot;
    return 0;
}
