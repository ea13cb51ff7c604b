/* SPDX-License-Identifier: MIT */
/* Extended attributes: after the fields of the inode, and in a block of their own. */
#include "ext4/xattr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"
#include "base/text.h"
#include "ext4/acl.h"

enum {
    XATTR_MAGIC = 0xea020000,
    BLOCK_HEADER_BYTES = 32,
    BLOCK_REFERENCES = 4,
    BLOCK_CHECKSUM = 16,
    REFERENCES_MAX = 1024, /* EXT4_XATTR_REFCOUNT_MAX */
    INODE_HEADER_BYTES = 4,
    ENTRY_BYTES = 16,
    END_BYTES = 4,    /* zeros after the last entry */
    NAME_BYTES = 288, /* the longest prefix, 255 bytes and a NUL */
    INDEX_SYSTEM = 7,
};

/* e_name_index: which prefix the name has that is not stored. */
struct prefix {
    const char *text;
    bool whole; /* the prefix is the name */
    bool acl;
    bool own; /* for the file system's own use: no attribute of the file */
};

static const struct prefix prefixes[] = {
    [1] = {.text = "user."},
    [2] = {.text = "system.posix_acl_access", .whole = true, .acl = true},
    [3] = {.text = "system.posix_acl_default", .whole = true, .acl = true},
    [4] = {.text = "trusted."},
    [6] = {.text = "security."},
    [9] = {.text = "encryption context", .own = true},
    [10] = {.text = "gnu."},
    [11] = {.text = "verity descriptor", .own = true},
};

struct entry {
    size_t name_length;
    unsigned name_index;
    size_t value_offset; /* from the area's base */
    uint32_t value_inode;
    size_t value_size;
    uint32_t hash;
    const char *name; /* without a NUL */
};

/* Where the entry after this one starts, or where the end is. */
static size_t entry_size(size_t name_length)
{
    return ENTRY_BYTES + (name_length + 3) / 4 * 4;
}

static int decode_entry(const struct ext4_xattr_area *area, size_t at, struct entry *e,
                        struct fault *f)
{
    const uint8_t *p = area->table + at;

    if (area->size - at < ENTRY_BYTES + END_BYTES || area->size - at - END_BYTES < entry_size(p[0]))
        return fault_set(f, FAULT_DAMAGED, "the table does not end within its %zu bytes",
                         area->size);
    *e = (struct entry){
        .name_length = p[0],
        .name_index = p[1],
        .value_offset = le16_at(p + 2),
        .value_inode = le32_at(p + 4),
        .value_size = le32_at(p + 8),
        .hash = le32_at(p + 12),
        .name = (const char *)p + ENTRY_BYTES,
    };
    return 0;
}

/* The end of the table: after the zeros that follow the last entry, where values may start. */
static int find_end(const struct ext4_xattr_area *area, size_t *end, struct fault *f)
{
    size_t at = 0;

    for (;;) {
        struct entry e;
        int code;

        if (area->size - at < END_BYTES)
            return fault_set(f, FAULT_DAMAGED, "the table does not end within its %zu bytes",
                             area->size);
        if (le32_at(area->table + at) == 0)
            break;
        if ((code = decode_entry(area, at, &e, f)) != 0)
            return code;
        at += entry_size(e.name_length);
    }
    *end = at + END_BYTES;
    return 0;
}

/* What data the inode has no room for in i_block. */
static bool is_inline_data(const struct entry *e)
{
    static const char name[] = "data";

    return e->name_index == INDEX_SYSTEM && e->name_length == strlen(name) &&
           memcmp(e->name, name, e->name_length) == 0;
}

/* Linux shows attributes of these kinds only.  What belongs to the file itself, its data or the key
 * to it, goes without a word. */
static const struct prefix *find_prefix(const struct ext4 *fs, const struct entry *e)
{
    size_t known = sizeof(prefixes) / sizeof(*prefixes);
    const struct prefix *p = e->name_index < known ? &prefixes[e->name_index] : NULL;
    char path[TEXT_SHOWN_BYTES];

    if (p && !p->text)
        p = NULL;
    if (p)
        return p->own ? NULL : p;
    if (is_inline_data(e))
        return NULL;
    text_shown(path, fs->about ? fs->about : "");
    notice(fs->options.notices, NOTICE_INFO, NULL,
           "%s: an attribute of kind %u, which Linux does not show, is left out", path,
           e->name_index);
    return NULL;
}

static int full_name(const struct entry *e, const struct prefix *p, char name[NAME_BYTES],
                     struct fault *f)
{
    if (p->whole != (e->name_length == 0) || memchr(e->name, '\0', e->name_length))
        return fault_set(f, FAULT_DAMAGED, "a name of kind %u ('%s') and %zu bytes makes no sense",
                         e->name_index, p->text, e->name_length);
    snprintf(name, NAME_BYTES, "%s%.*s", p->text, (int)e->name_length, e->name);
    return 0;
}

/* Values lie after the table and within the area. */
static int find_value(const struct ext4_xattr_area *area, const struct entry *e, size_t end,
                      const uint8_t **value, struct fault *f)
{
    *value = area->table + end;
    if (e->value_size == 0)
        return 0;
    if (e->value_offset < area->header + end ||
        !range_within(e->value_offset - area->header, e->value_size, area->size))
        return fault_set(f, FAULT_DAMAGED,
                         "a value of %zu bytes at byte %zu does not lie between bytes %zu and %zu",
                         e->value_size, e->value_offset, area->header + end,
                         area->header + area->size);
    *value = area->table + (e->value_offset - area->header);
    return 0;
}

static int read_value_inode(struct ext4 *fs, const struct ext4_inode *owner, const struct entry *e,
                            uint8_t **value, struct fault *f)
{
    const struct ext4_value_inode v = {
        .number = e->value_inode,
        .name = e->name,
        .name_length = e->name_length,
        .size = e->value_size,
        .hash = e->hash,
        .owner = owner,
    };

    if (!(fs->super.incompat & INCOMPAT_EA_INODE))
        return fault_set(f, FAULT_DAMAGED,
                         "the value is in inode %u, but the file system lacks the feature ea_inode",
                         v.number);
    if (v.size == 0 || v.size > EXT4_XATTR_SIZE_MAX)
        return fault_set(f, v.size == 0 ? FAULT_DAMAGED : FAULT_UNSUPPORTED,
                         "a value of %zu bytes in inode %u, must be 1 to %d", v.size, v.number,
                         EXT4_XATTR_SIZE_MAX);
    return ext4_value_inode_read(fs, &v, value, f);
}

static int give_value(const struct prefix *prefix, const char *name, const uint8_t *value,
                      size_t size, ext4_xattr_take *take, void *context, struct fault *f)
{
    uint8_t *acl;
    size_t acl_len;
    int code;

    if (!prefix->acl)
        return take(context, name, value, size, f);
    code = ext4_acl_convert(value, size, &acl, &acl_len, f);
    if (code != 0)
        return code;
    code = take(context, name, acl, acl_len, f);
    free(acl);
    return code;
}

static int give(struct ext4 *fs, const struct ext4_xattr_area *area, const struct entry *e,
                size_t end, ext4_xattr_take *take, void *context, struct fault *f)
{
    const struct prefix *prefix = find_prefix(fs, e);
    const uint8_t *value = NULL;
    uint8_t *read = NULL; /* the value, if it was not found where the table is */
    char name[NAME_BYTES];
    int code;

    if (!prefix)
        return 0;
    if ((code = full_name(e, prefix, name, f)) != 0)
        return code;
    if (e->value_inode == 0) {
        code = find_value(area, e, end, &value, f);
    } else {
        code = read_value_inode(fs, area->owner, e, &read, f);
        value = read;
    }
    if (code == 0)
        code = give_value(prefix, name, value, e->value_size, take, context, f);
    free(read);
    return code;
}

int ext4_xattr_table(struct ext4 *fs, const struct ext4_xattr_area *area, ext4_xattr_take *take,
                     void *context, struct fault *f)
{
    size_t at = 0, end = 0;
    unsigned number = 0;
    int code = find_end(area, &end, f);

    while (code == 0 && le32_at(area->table + at) != 0) {
        struct entry e;

        if ((code = decode_entry(area, at, &e, f)) != 0)
            return code;
        if (give(fs, area, &e, end, take, context, f) != 0)
            return fault_prefix(f, "attribute %u", number);
        at += entry_size(e.name_length);
        number++;
    }
    return code;
}

/* What follows the fixed fields of a larger inode is a table if the magic number says so. */
static bool find_in_inode(const struct ext4 *fs, const struct ext4_inode *inode,
                          struct ext4_xattr_area *area)
{
    size_t start = INODE_EXTRA + inode->extra_size;
    size_t size = fs->super.inode_size - start;

    if (inode->extra_size == 0 || size < INODE_HEADER_BYTES + END_BYTES ||
        le32_at(inode->raw + start) != XATTR_MAGIC)
        return false;
    *area = (struct ext4_xattr_area){
        .table = inode->raw + start + INODE_HEADER_BYTES,
        .size = size - INODE_HEADER_BYTES,
        .owner = inode,
    };
    return true;
}

int ext4_xattr_inline_data(const struct ext4 *fs, const struct ext4_inode *inode,
                           const uint8_t **value, size_t *len, struct fault *f)
{
    struct ext4_xattr_area area;
    size_t end = 0;
    int code;

    *value = NULL;
    *len = 0;
    if (!find_in_inode(fs, inode, &area))
        return 0;
    code = find_end(&area, &end, f);
    for (size_t at = 0; code == 0 && le32_at(area.table + at) != 0;) {
        struct entry e;

        if ((code = decode_entry(&area, at, &e, f)) != 0)
            break;
        if (is_inline_data(&e)) {
            *len = e.value_size;
            if (e.value_inode != 0)
                code = fault_set(f, FAULT_DAMAGED, "system.data is in inode %u", e.value_inode);
            else
                code = find_value(&area, &e, end, value, f);
            break;
        }
        at += entry_size(e.name_length);
    }
    return code != 0 ? fault_prefix(f, "attributes in the inode") : 0;
}

static int take_from_inode(struct ext4 *fs, const struct ext4_inode *inode, ext4_xattr_take *take,
                           void *context, struct fault *f)
{
    struct ext4_xattr_area area;

    if (find_in_inode(fs, inode, &area) && ext4_xattr_table(fs, &area, take, context, f) != 0)
        return fault_prefix(f, "attributes in the inode");
    return 0;
}

/* The checksum covers the block's number and the block with the checksum as zeros. */
static int check_block(const struct ext4 *fs, uint64_t number, const uint8_t *block,
                       struct fault *f)
{
    static const uint8_t zero[4];
    const uint8_t *rest = block + BLOCK_CHECKSUM + 4;
    uint8_t start[8];
    uint32_t crc;

    if (le32_at(block) != XATTR_MAGIC)
        return fault_set(f, FAULT_DAMAGED, "magic number 0x%08x, not 0x%08x", le32_at(block),
                         XATTR_MAGIC);
    if (le32_at(block + 8) != 1)
        return fault_set(f, FAULT_DAMAGED, "%u blocks, must be 1", le32_at(block + 8));
    if (!ext4_verifies(fs))
        return 0;
    put_le64(start, number);
    crc = crc32c(fs->super.checksum_seed, start, sizeof(start));
    crc = crc32c(crc, block, BLOCK_CHECKSUM);
    crc = crc32c(crc, zero, sizeof(zero));
    crc = crc32c(crc, rest, fs->super.block_size - BLOCK_CHECKSUM - 4);
    return ext4_checksum_compare(le32_at(block + BLOCK_CHECKSUM), crc, f);
}

/* A block of attributes that more inodes have than it says would make of a small image a manifest
 * without bounds. */
static int count_reference(struct ext4 *fs, uint64_t number, uint32_t references, struct fault *f)
{
    struct ext4_slot *slot;
    bool added;
    uintptr_t met;

    if (references > REFERENCES_MAX)
        return fault_set(f, FAULT_DAMAGED, "a reference count of %u, more than %d", references,
                         REFERENCES_MAX);
    if (ext4_table_put(&fs->shared, number, &slot, &added, f) != 0)
        return f->code;
    met = (uintptr_t)slot->value + 1;
    slot->value = (void *)met;
    if (met > references)
        return fault_set(f, FAULT_DAMAGED,
                         "inode number %zu that has it, but a reference count of %u", (size_t)met,
                         references);
    return 0;
}

static int take_from_block(struct ext4 *fs, const struct ext4_inode *inode, ext4_xattr_take *take,
                           void *context, struct fault *f)
{
    struct ext4_xattr_area area = {
        .table = fs->block + BLOCK_HEADER_BYTES,
        .size = fs->super.block_size - BLOCK_HEADER_BYTES,
        .header = BLOCK_HEADER_BYTES,
        .owner = inode,
    };
    uint64_t number = inode->file_acl;
    int code;

    if (!ext4_blocks_valid(fs, number, 1))
        return fault_set(f, FAULT_DAMAGED, "outside the file system (%llu blocks)",
                         (unsigned long long)fs->super.blocks_count);
    if ((code = ext4_read_block(fs, number, fs->block, f)) != 0 ||
        (code = check_block(fs, number, fs->block, f)) != 0 ||
        (code = count_reference(fs, number, le32_at(fs->block + BLOCK_REFERENCES), f)) != 0)
        return code;
    return ext4_xattr_table(fs, &area, take, context, f);
}

int ext4_xattrs(struct ext4 *fs, const struct ext4_inode *inode, ext4_xattr_take *take,
                void *context, struct fault *f)
{
    static const char consequence[] = "attributes are left out";
    int code = take_from_inode(fs, inode, take, context, f);

    if (code != 0) {
        fault_prefix(f, "inode %u", inode->number);
        code = ext4_lose(fs, f, consequence);
    }
    if (code != 0 || inode->file_acl == 0)
        return code;
    if (take_from_block(fs, inode, take, context, f) == 0)
        return 0;
    fault_prefix(f, "inode %u: attribute block %llu", inode->number, ull(inode->file_acl));
    return ext4_lose(fs, f, consequence);
}
