/* SPDX-License-Identifier: MIT */
/* Extent trees: ext4's map from a file's blocks to the device's. */
#include "base/bytes.h"
#include "base/crc.h"
#include "ext4/map.h"

enum {
    NODE_MAGIC = 0xf30a,
    NODE_HEADER_BYTES = 12,
    ENTRY_BYTES = 12,
    MAX_WRITTEN = 32768, /* a longer length means: that much more, allocated but never written */
    LOGICAL_BLOCKS_BITS = 32,
};

/* A node of the tree: the root in the inode, or a block. */
struct node {
    const uint8_t *entries;
    unsigned count;
    unsigned next;  /* the entry to go to */
    unsigned depth; /* 0: its entries are extents */
    uint64_t high;  /* its entries lie below this logical block */
};

/* What an entry of either kind says. */
struct entry {
    uint64_t logical;
    uint64_t physical; /* of the data, or of the node below */
    uint32_t blocks;
    bool written;
};

struct tree {
    struct ext4 *fs;
    const struct ext4_inode *inode;
    struct ext4_map *map;
    struct node path[EXT4_TREE_DEPTH + 1]; /* from the root down */
    unsigned level;                        /* the last of them in use */
};

static struct entry decode_entry(const struct node *n, unsigned i)
{
    const uint8_t *p = n->entries + i * ENTRY_BYTES;
    struct entry e = {.logical = le32_at(p), .blocks = 1, .written = true};

    if (n->depth > 0) {
        e.physical = le32_at(p + 4) | (uint64_t)le16_at(p + 8) << 32;
        return e;
    }
    e.physical = le32_at(p + 8) | (uint64_t)le16_at(p + 6) << 32;
    e.blocks = le16_at(p + 4);
    e.written = e.blocks <= MAX_WRITTEN;
    if (!e.written)
        e.blocks -= MAX_WRITTEN;
    return e;
}

/* The header of a node in `size` bytes. */
static int decode_header(const uint8_t *p, size_t size, struct node *n, struct fault *f)
{
    unsigned max = le16_at(p + 4);

    *n = (struct node){
        .entries = p + NODE_HEADER_BYTES,
        .count = le16_at(p + 2),
        .depth = le16_at(p + 6),
    };
    if (le16_at(p) != NODE_MAGIC)
        return fault_set(f, FAULT_DAMAGED, "magic number 0x%04x, not 0x%04x", le16_at(p),
                         NODE_MAGIC);
    if (max > (size - NODE_HEADER_BYTES) / ENTRY_BYTES)
        return fault_set(f, FAULT_DAMAGED, "room for %u entries in %zu bytes", max, size);
    if (n->count > max)
        return fault_set(f, FAULT_DAMAGED, "%u entries with room for %u", n->count, max);
    return 0;
}

/* Entries ascend without overlap within [low, n->high) and point into the file system. */
static int check_entries(const struct ext4 *fs, const struct node *n, uint64_t low, struct fault *f)
{
    uint64_t free_from = low;

    for (unsigned i = 0; i < n->count; i++) {
        struct entry e = decode_entry(n, i);

        if (e.blocks == 0)
            return fault_set(f, FAULT_DAMAGED, "entry %u has no blocks", i);
        if (e.logical < free_from)
            return fault_set(f, FAULT_DAMAGED,
                             "entry %u starts at file block %llu, before %llu where it may", i,
                             (unsigned long long)e.logical, (unsigned long long)free_from);
        if (e.logical + e.blocks > n->high)
            return fault_set(
                f, FAULT_DAMAGED, "entry %u ends at file block %llu, after %llu where it may", i,
                (unsigned long long)(e.logical + e.blocks), (unsigned long long)n->high);
        if (!ext4_blocks_valid(fs, e.physical, e.blocks))
            return fault_set(f, FAULT_DAMAGED,
                             "entry %u points at block %llu (%u blocks), outside the file system "
                             "(%llu blocks)",
                             i, (unsigned long long)e.physical, e.blocks,
                             (unsigned long long)fs->super.blocks_count);
        free_from = e.logical + e.blocks;
    }
    return 0;
}

/* The checksum follows the room for entries. */
static int check_checksum(const struct tree *t, const uint8_t *block, struct fault *f)
{
    const struct ext4 *fs = t->fs;
    uint32_t end = NODE_HEADER_BYTES + ENTRY_BYTES * (uint32_t)le16_at(block + 4);
    uint32_t seed;

    if (!ext4_verifies(fs))
        return 0;
    if (end + 4 > fs->super.block_size)
        return fault_set(f, FAULT_DAMAGED, "no room for a checksum after %u bytes", end);
    seed = ext4_inode_seed(fs, t->inode->number, t->inode->generation);
    return ext4_checksum_compare(le32_at(block + end), crc32c(seed, block, end), f);
}

static int load_root(struct tree *t, struct fault *f)
{
    struct node *n = &t->path[0];
    int code = decode_header(ext4_inode_block(t->inode), INODE_BLOCK_BYTES, n, f);

    if (code != 0)
        return code;
    if (n->depth > EXT4_TREE_DEPTH)
        return fault_set(f, FAULT_DAMAGED, "depth %u is more than %d", n->depth, EXT4_TREE_DEPTH);
    if (n->depth > 0 && n->count == 0)
        return fault_set(f, FAULT_DAMAGED, "depth %u, but no entries", n->depth);
    n->high = UINT64_C(1) << LOGICAL_BLOCKS_BITS;
    return check_entries(t->fs, n, 0, f);
}

static int check_child(const struct tree *t, const uint8_t *block, const struct node *parent,
                       uint64_t low, uint64_t high, struct node *n, struct fault *f)
{
    int code = decode_header(block, t->fs->super.block_size, n, f);

    if (code != 0 || (code = check_checksum(t, block, f)) != 0)
        return code;
    if (n->depth != parent->depth - 1)
        return fault_set(f, FAULT_DAMAGED, "depth %u under a node of depth %u", n->depth,
                         parent->depth);
    if (n->count == 0)
        return fault_set(f, FAULT_DAMAGED, "no entries");
    n->high = high;
    return check_entries(t->fs, n, low, f);
}

/*
 * Go down to the block that an index entry names.  Its entries must lie between that entry and the
 * next, and be some: so no block can be met twice.
 */
static int descend(struct tree *t, const struct entry *e, struct fault *f)
{
    struct node *parent = &t->path[t->level];
    uint64_t high = parent->high;
    uint8_t *block = t->fs->tree + (size_t)t->level * t->fs->super.block_size;
    int code;

    if (parent->next < parent->count)
        high = decode_entry(parent, parent->next).logical;
    if ((code = ext4_map_claim(t->fs, t->map, 1, f)) != 0 ||
        (code = ext4_read_block(t->fs, e->physical, block, f)) != 0 ||
        (code = check_child(t, block, parent, e->logical, high, &t->path[t->level + 1], f)) != 0)
        return fault_prefix(f, "extent block %llu", (unsigned long long)e->physical);
    t->level++;
    return 0;
}

static int take_extent(struct tree *t, const struct entry *e, struct fault *f)
{
    int code = ext4_map_claim(t->fs, t->map, e->blocks, f);

    if (code != 0 || !e->written)
        return code;
    return ext4_map_add(t->fs, t->map, e->logical, e->physical, e->blocks, f);
}

int ext4_extents_load(struct ext4 *fs, const struct ext4_inode *inode, struct ext4_map *map,
                      struct fault *f)
{
    struct tree t = {.fs = fs, .inode = inode, .map = map};

    if (load_root(&t, f) != 0)
        return fault_prefix(f, "extent root");
    for (;;) {
        struct node *n = &t.path[t.level];
        struct entry e;
        int code;

        if (n->next == n->count) {
            if (t.level == 0)
                return 0;
            t.level--;
            continue;
        }
        e = decode_entry(n, n->next++);
        code = n->depth > 0 ? descend(&t, &e, f) : take_extent(&t, &e, f);
        if (code != 0)
            return code;
    }
}
