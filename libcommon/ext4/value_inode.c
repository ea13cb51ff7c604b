/* SPDX-License-Identifier: MIT */
/* Values of attributes that have an inode of their own (ea_inode). */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"
#include "ext4/map.h"
#include "ext4/xattr.h"

enum {
    VALUE_HASH = 0x08,  /* the hash of the value, in the place of i_atime */
    VALUE_OWNER = 0x10, /* the inode of the attribute, in the place of i_mtime */
};

/* e_hash of an attribute: its name, whose bytes early kernels took as signed, then the value's. */
static uint32_t entry_hash(const struct ext4_value_inode *v, uint32_t value_hash, bool is_signed)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < v->name_length; i++) {
        uint32_t byte = is_signed ? (uint32_t)(int8_t)v->name[i] : (uint8_t)v->name[i];

        hash = (hash << 5 | hash >> 27) ^ byte;
    }
    return (hash << 16 | hash >> 16) ^ value_hash;
}

static int check_inode(const struct ext4_inode *inode, const struct ext4_value_inode *v,
                       struct fault *f)
{
    if (!(inode->flags & FLAG_EA_INODE) || inode->type != EXT4_FILE || inode->links == 0)
        return fault_set(f, FAULT_DAMAGED, "holds no attribute's value");
    if (inode->size != v->size)
        return fault_set(f, FAULT_DAMAGED, "a value of %llu bytes, but the attribute has %zu",
                         (unsigned long long)inode->size, v->size);
    return 0;
}

/* Lustre, which had such values first, made no hashes, but had them say whose they are. */
static bool is_lustre(const struct ext4_inode *inode, const struct ext4_value_inode *v)
{
    return le32_at(inode->raw + VALUE_OWNER) == v->owner->number &&
           inode->generation == v->owner->generation;
}

static int check_hashes(const struct ext4 *fs, const struct ext4_inode *inode,
                        const struct ext4_value_inode *v, const uint8_t *value, struct fault *f)
{
    uint32_t stored = le32_at(inode->raw + VALUE_HASH);
    uint32_t computed = crc32c(fs->super.checksum_seed, value, v->size);

    if (fs->options.no_verify || is_lustre(inode, v))
        return 0;
    if (stored != computed)
        return fault_set(f, FAULT_DAMAGED, "a value with hash 0x%08x, computed 0x%08x", stored,
                         computed);
    if (v->hash != entry_hash(v, stored, false) && v->hash != entry_hash(v, stored, true))
        return fault_set(f, FAULT_DAMAGED, "not the value that the attribute's hash 0x%08x is for",
                         v->hash);
    return 0;
}

static int read_value(struct ext4 *fs, const struct ext4_inode *inode,
                      const struct ext4_value_inode *v, uint8_t *value, struct fault *f)
{
    struct ext4_map map = {0};
    uint64_t end = 0;
    int code = ext4_map_load(fs, inode, &map, f);

    if (code == 0)
        code = ext4_map_read(fs, &map, value, &end, f);
    if (code == 0 && end != map.size)
        code = fault_set(f, FAULT_DAMAGED, "a value with a hole at byte %llu", ull(end));
    ext4_map_free(&map);
    return code != 0 ? code : check_hashes(fs, inode, v, value, f);
}

int ext4_value_inode_read(struct ext4 *fs, const struct ext4_value_inode *v, uint8_t **value,
                          struct fault *f)
{
    struct ext4_inode inode = {0};
    uint8_t *bytes = NULL;
    int code = ext4_inode_read(fs, v->number, &inode, f);

    if (code == 0)
        code = check_inode(&inode, v, f);
    if (code == 0 && !(bytes = malloc(v->size)))
        code = fault_memory(f, "an attribute", v->size);
    if (code == 0)
        code = read_value(fs, &inode, v, bytes, f);
    ext4_inode_free(&inode);
    if (code != 0) {
        free(bytes);
        return fault_prefix(f, "value inode %u", v->number);
    }
    *value = bytes;
    return 0;
}
