/* SPDX-License-Identifier: MIT */
/* Inodes: read, checked and decoded. */
#include "ext4/inode.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"

enum {
    CHECKSUM_LO = 0x7c,
    CHECKSUM_HI = 0x82,
    CREATOR_HURD = 1,
    NANOSECONDS = 1000000000,
};

struct ext4_time ext4_time_decode(uint32_t seconds, uint32_t extra)
{
    return (struct ext4_time){
        .seconds = (int32_t)seconds + ((int64_t)(extra & 3) << 32),
        .nanoseconds = extra >> 2,
    };
}

/* Does the inode have the `size` bytes of a field at `offset`, one of those after the first 128? */
static bool has_field(const struct ext4_inode *inode, uint32_t offset, uint32_t size)
{
    return offset + size <= INODE_EXTRA + inode->extra_size;
}

/* The checksum covers the whole inode with its own two halves as zeros. */
static int check_checksum(const struct ext4 *fs, const struct ext4_inode *inode, struct fault *f)
{
    static const uint8_t zero[2];
    const uint8_t *p = inode->raw;
    uint32_t stored = le16_at(p + CHECKSUM_LO);
    uint32_t crc, mask = 0xffff;
    uint32_t tail = CHECKSUM_LO + 2;

    if (!ext4_verifies(fs))
        return 0;
    crc = ext4_inode_seed(fs, inode->number, inode->generation);
    crc = crc32c(crc, p, CHECKSUM_LO);
    crc = crc32c(crc, zero, sizeof(zero));
    if (has_field(inode, CHECKSUM_HI, 2)) {
        stored |= (uint32_t)le16_at(p + CHECKSUM_HI) << 16;
        mask = 0xffffffff;
        crc = crc32c(crc, p + tail, CHECKSUM_HI - tail);
        crc = crc32c(crc, zero, sizeof(zero));
        tail = CHECKSUM_HI + 2;
    }
    crc = crc32c(crc, p + tail, fs->super.inode_size - tail);
    return ext4_checksum_compare(stored, crc & mask, f);
}

static int decode_type(struct ext4_inode *inode, struct fault *f)
{
    static const struct {
        uint16_t format;
        enum ext4_type type;
    } types[] = {
        {0x8000, EXT4_FILE},        {0x4000, EXT4_DIRECTORY},    {0xa000, EXT4_SYMLINK},
        {0x2000, EXT4_CHAR_DEVICE}, {0x6000, EXT4_BLOCK_DEVICE}, {0x1000, EXT4_FIFO},
        {0xc000, EXT4_SOCKET},
    };
    uint16_t mode = le16_at(inode->raw);

    inode->permissions = mode & 07777;
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if ((mode & 0xf000) == types[i].format) {
            inode->type = types[i].type;
            return 0;
        }
    }
    return fault_set(f, FAULT_DAMAGED, "mode 0%o has no known file type", mode);
}

/* Devices are in the first number as 8 and 8 bits, or else in the second as 12 and 20. */
static void decode_device(struct ext4_inode *inode)
{
    uint32_t old = le32_at(ext4_inode_block(inode));
    uint32_t new = le32_at(ext4_inode_block(inode) + 4);

    if (old != 0) {
        inode->rdev_major = old >> 8 & 0xff;
        inode->rdev_minor = old & 0xff;
    } else {
        inode->rdev_major = new >> 8 & 0xfff;
        inode->rdev_minor = (new & 0xff) | (new >> 12 & 0xfff00);
    }
}

static int decode_time(const struct ext4_inode *inode, uint32_t offset, uint32_t extra_offset,
                       const char *name, struct ext4_time *t, struct fault *f)
{
    uint32_t extra = has_field(inode, extra_offset, 4) ? le32_at(inode->raw + extra_offset) : 0;

    *t = ext4_time_decode(le32_at(inode->raw + offset), extra);
    if (t->nanoseconds < NANOSECONDS)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "%s has %u nanoseconds", name, t->nanoseconds);
}

static int decode_times(struct ext4_inode *inode, struct fault *f)
{
    int code;

    if ((code = decode_time(inode, 0x08, 0x8c, "atime", &inode->atime, f)) != 0 ||
        (code = decode_time(inode, 0x0c, 0x84, "ctime", &inode->ctime, f)) != 0 ||
        (code = decode_time(inode, 0x10, 0x88, "mtime", &inode->mtime, f)) != 0)
        return code;
    inode->has_crtime = has_field(inode, 0x90, 4);
    if (inode->has_crtime)
        code = decode_time(inode, 0x90, 0x94, "crtime", &inode->crtime, f);
    return code;
}

/* i_blocks counts 512-byte sectors, or file system blocks in an inode flagged so; the attribute
 * block (a cluster with bigalloc) is among them. */
static bool counts_blocks(const struct ext4 *fs, const struct ext4_inode *inode)
{
    uint64_t blocks = le32_at(inode->raw + 0x1c);
    uint64_t one = (uint64_t)fs->super.block_size / 512 * fs->super.cluster_ratio;

    if (fs->super.ro_compat & RO_COMPAT_HUGE_FILE) {
        blocks |= (uint64_t)le16_at(inode->raw + 0x74) << 32;
        if (inode->flags & FLAG_HUGE_FILE)
            one = fs->super.cluster_ratio;
    }
    return blocks != (inode->file_acl ? one : 0);
}

/* A symbolic link without blocks has its target in i_block.  With ea_inode the blocks of
 * attributes' values count as its own, so that only the size can tell. */
static bool is_fast_symlink(const struct ext4 *fs, const struct ext4_inode *inode)
{
    if (inode->type != EXT4_SYMLINK || inode->flags & FLAG_INLINE_DATA)
        return false;
    if (fs->super.incompat & INCOMPAT_EA_INODE)
        return inode->size < INODE_BLOCK_BYTES;
    return !counts_blocks(fs, inode);
}

static void decode_fields(const struct ext4 *fs, struct ext4_inode *inode)
{
    const uint8_t *p = inode->raw;
    bool large = inode->type == EXT4_FILE ||
                 (inode->type == EXT4_DIRECTORY && fs->super.incompat & INCOMPAT_LARGEDIR);

    inode->uid = le16_at(p + 0x02) | (uint32_t)le16_at(p + 0x78) << 16;
    inode->gid = le16_at(p + 0x18) | (uint32_t)le16_at(p + 0x7a) << 16;
    inode->links = le16_at(p + 0x1a);
    inode->size = le32_at(p + 0x04) | (large ? (uint64_t)le32_at(p + 0x6c) << 32 : 0);
    inode->file_acl = le32_at(p + 0x68);
    if (fs->super.creator_os != CREATOR_HURD)
        inode->file_acl |= (uint64_t)le16_at(p + 0x76) << 32;
    inode->is_fast_symlink = is_fast_symlink(fs, inode);
    if (inode->type == EXT4_CHAR_DEVICE || inode->type == EXT4_BLOCK_DEVICE)
        decode_device(inode);
}

/* Flags that must not be without their feature. */
static int check_flags(const struct ext4 *fs, const struct ext4_inode *inode, struct fault *f)
{
    static const struct {
        uint32_t flag;
        uint32_t incompat;
        const char *feature;
    } wanted[] = {
        {FLAG_ENCRYPT, INCOMPAT_ENCRYPT, "encrypt"},
        {FLAG_EA_INODE, INCOMPAT_EA_INODE, "ea_inode"},
        {FLAG_INLINE_DATA, INCOMPAT_INLINE_DATA, "inline_data"},
    };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
        if (inode->flags & wanted[i].flag && !(fs->super.incompat & wanted[i].incompat))
            return fault_set(f, FAULT_DAMAGED,
                             "flag 0x%x is set, but the file system lacks the feature %s",
                             wanted[i].flag, wanted[i].feature);
    if (inode->size > INT64_MAX)
        return fault_set(f, FAULT_DAMAGED, "a size of %llu bytes makes no sense",
                         (unsigned long long)inode->size);
    return 0;
}

static int decode(const struct ext4 *fs, struct ext4_inode *inode, struct fault *f)
{
    uint32_t most = fs->super.inode_size - EXT4_MIN_INODE_SIZE;
    int code;

    inode->flags = le32_at(inode->raw + 0x20);
    inode->generation = le32_at(inode->raw + 0x64);
    inode->extra_size = most > 0 ? le16_at(inode->raw + INODE_EXTRA) : 0;
    if (inode->extra_size > most || inode->extra_size % 4 != 0)
        return fault_set(f, FAULT_DAMAGED, "extra size %u is not a multiple of 4 up to %u",
                         inode->extra_size, most);
    if ((code = check_checksum(fs, inode, f)) != 0 || (code = decode_type(inode, f)) != 0)
        return code;
    decode_fields(fs, inode);
    if ((code = check_flags(fs, inode, f)) != 0)
        return code;
    return decode_times(inode, f);
}

static int fetch(struct ext4 *fs, struct ext4_inode *inode, struct fault *f)
{
    const struct ext4_super *s = &fs->super;
    uint32_t index = (inode->number - 1) % s->inodes_per_group;
    const struct ext4_group *group;
    int code = ext4_group_get(fs, (inode->number - 1) / s->inodes_per_group, &group, f);

    if (code != 0)
        return code;
    inode->where = group->inode_table * s->block_size + (uint64_t)index * s->inode_size;
    return reader_read(fs->reader, inode->where, inode->raw, s->inode_size, f);
}

int ext4_inode_read(struct ext4 *fs, uint32_t number, struct ext4_inode *inode, struct fault *f)
{
    uint8_t *raw = inode->raw;

    if (!raw && !(raw = malloc(fs->super.inode_size)))
        return fault_memory(f, "an inode", fs->super.inode_size);
    *inode = (struct ext4_inode){.number = number, .raw = raw};
    if (number == 0 || number > fs->super.inodes_count)
        return fault_set(f, FAULT_DAMAGED, "inode %u does not exist (there are %u)", number,
                         fs->super.inodes_count);
    if (fetch(fs, inode, f) != 0 || decode(fs, inode, f) != 0)
        return fault_prefix(f, "inode %u", number);
    return 0;
}

bool ext4_is_encrypted(const struct ext4_inode *inode)
{
    return inode->flags & FLAG_ENCRYPT;
}

void ext4_inode_free(struct ext4_inode *inode)
{
    free(inode->raw);
    *inode = (struct ext4_inode){0};
}
