/* SPDX-License-Identifier: MIT */
/* Directories: every block a list of records, also where a hash tree lies over them. */
#include "ext4/dir.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/text.h"
#include "ext4/map.h"
#include "ext4/xattr.h"

enum {
    RECORD_HEADER_BYTES = 8,
    NAME_MAX_BYTES = 255,
    INLINE_PARENT_BYTES = 4, /* what i_block starts with where the records are in the inode */
};

/* One record, decoded and checked to lie within its block. */
struct record {
    uint32_t offset;
    uint32_t inode; /* 0: unused */
    uint32_t length;
    uint32_t name_length;
    uint8_t file_type;
    const char *name; /* without a NUL */
};

static void decode_record(const struct ext4 *fs, const uint8_t *records, struct record *r)
{
    const uint8_t *p = records + r->offset;

    r->inode = le32_at(p);
    r->length = ext4_record_length(fs, le16_at(p + 4));
    r->name_length =
        p[6]; /* 16 bits without the feature filetype, but the kernel never reads more */
    r->file_type = fs->super.incompat & INCOMPAT_FILETYPE ? p[7] : 0;
    r->name = (const char *)p + RECORD_HEADER_BYTES;
}

/* A record is as long as a multiple of 4 that holds it, and lies within the `left` bytes of records
 * from its start on. */
static int check_record(const struct ext4 *fs, const struct record *r, uint32_t left,
                        struct fault *f)
{
    if (r->length < EXT4_RECORD_MIN_BYTES || r->length % 4 != 0)
        return fault_set(f, FAULT_DAMAGED,
                         "a record length of %u is not a multiple of 4 from %d up", r->length,
                         EXT4_RECORD_MIN_BYTES);
    if (r->length > left)
        return fault_set(f, FAULT_DAMAGED, "a record length of %u, but the block ends after %u",
                         r->length, left);
    if (left != r->length && left - r->length < EXT4_RECORD_MIN_BYTES)
        return fault_set(f, FAULT_DAMAGED, "a record length of %u leaves %u bytes in the block",
                         r->length, left - r->length);
    if (r->name_length > r->length - RECORD_HEADER_BYTES)
        return fault_set(f, FAULT_DAMAGED, "a name of %u bytes in a record of %u", r->name_length,
                         r->length);
    if (r->inode > fs->super.inodes_count)
        return fault_set(f, FAULT_DAMAGED, "inode %u does not exist (there are %u)", r->inode,
                         fs->super.inodes_count);
    return 0;
}

/* The record at r->offset of `size` bytes of records, which is below size. */
static int read_record(const struct ext4 *fs, const uint8_t *records, uint32_t size,
                       struct record *r, struct fault *f)
{
    uint32_t left = size - r->offset;

    if (left < EXT4_RECORD_MIN_BYTES)
        return fault_set(f, FAULT_DAMAGED, "%u bytes are too few for a record", left);
    decode_record(fs, records, r);
    return check_record(fs, r, left, f);
}

static bool name_is(const struct record *r, const char *name)
{
    return r->name_length == strlen(name) && memcmp(r->name, name, r->name_length) == 0;
}

/* The first two records of a directory. */
static int check_dots(const struct record *r, const char *name, uint32_t inode, struct fault *f)
{
    if (!name_is(r, name) || r->inode == 0)
        return fault_set(f, FAULT_DAMAGED, "the directory has no '%s' here", name);
    if (r->inode != inode)
        return fault_set(f, FAULT_DAMAGED, "'%s' is inode %u, not %u", name, r->inode, inode);
    return 0;
}

/* Any other: a name that can be one component of a path, of an inode that can be a file's. */
static int check_name(const struct ext4 *fs, const struct record *r, struct fault *f)
{
    char shown[2 * NAME_MAX_BYTES];

    text_escape(shown, sizeof(shown), r->name, r->name_length);
    if (r->name_length == 0)
        return fault_set(f, FAULT_DAMAGED, "an empty name for inode %u", r->inode);
    if (memchr(r->name, '/', r->name_length) || memchr(r->name, '\0', r->name_length))
        return fault_set(f, FAULT_DAMAGED, "the name '%s' contains a slash or a NUL", shown);
    if (name_is(r, ".") || name_is(r, ".."))
        return fault_set(f, FAULT_DAMAGED, "one more '%s'", shown);
    if (r->inode < fs->super.first_ino)
        return fault_set(f, FAULT_DAMAGED, "'%s' is inode %u, which is reserved", shown, r->inode);
    return 0;
}

static int make_room(struct ext4_listing *l, size_t name_length, struct fault *f)
{
    struct ext4_dirent *entries =
        array_grow(l->entries, l->count, &l->room, sizeof(*entries), "a directory", f);

    if (!entries)
        return f->code;
    l->entries = entries;
    if (l->names_room - l->names_used <= name_length) {
        size_t room = l->names_room * 2 + 2 * NAME_MAX_BYTES;
        char *names = realloc(l->names, room);

        if (!names)
            return fault_memory(f, "a directory's names", room);
        l->names = names;
        l->names_room = room;
    }
    return 0;
}

static int add(struct ext4_listing *l, const struct record *r, struct fault *f)
{
    int code = make_room(l, r->name_length, f);

    if (code != 0)
        return code;
    l->entries[l->count++] = (struct ext4_dirent){
        .inode = r->inode,
        .file_type = r->file_type,
        .name = l->names_used,
    };
    memcpy(l->names + l->names_used, r->name, r->name_length);
    l->names_used += r->name_length;
    l->names[l->names_used++] = '\0';
    return 0;
}

/* ---- records ---- */

/* A record that is none of the first two.  What is encrypted is no name. */
static int take_name(const struct ext4 *fs, const struct ext4_inode *dir, const struct record *r,
                     struct ext4_listing *l, struct fault *f)
{
    int code;

    if (r->inode == 0)
        return 0;
    if (ext4_is_encrypted(dir)) {
        l->encrypted++;
        return 0;
    }
    code = check_name(fs, r, f);
    return code != 0 ? code : add(l, r, f);
}

static int take_record(const struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent,
                       uint64_t ordinal, const struct record *r, struct ext4_listing *l,
                       struct fault *f)
{
    if (ordinal == 0)
        return check_dots(r, ".", dir->number, f);
    if (ordinal == 1) {
        l->strange =
            dir->number != EXT4_ROOT_INO && r->inode != 0 && r->inode != parent && name_is(r, "..");
        return check_dots(r, "..", parent, f);
    }
    return take_name(fs, dir, r, l, f);
}

/* Where a fault is, for its text. */
static int prefix_block(struct fault *f, uint64_t number, uint32_t byte)
{
    return fault_prefix(f, "directory block %llu, byte %u", ull(number), byte);
}

/* Whoever keeps going goes on after a name that breaks a rule. */
static int lose_name(struct ext4 *fs, const struct ext4_listing *l, uint64_t number, uint32_t byte,
                     struct fault *f)
{
    prefix_block(f, number, byte);
    return l->strange ? f->code : ext4_lose(fs, f, "this name is left out");
}

int ext4_dir_block(struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent, uint64_t number,
                   const uint8_t *block, struct ext4_listing *listing, struct fault *f)
{
    uint32_t size = fs->super.block_size;
    uint64_t ordinal = number == 0 ? 0 : 2;
    struct record r = {0};

    if (ext4_dir_checksum(fs, dir, number, block, f) != 0)
        return fault_prefix(f, "directory block %llu", ull(number));
    for (; r.offset < size; r.offset += r.length) {
        if (read_record(fs, block, size, &r, f) != 0)
            return prefix_block(f, number, r.offset);
        if (take_record(fs, dir, parent, ordinal++, &r, listing, f) != 0 &&
            lose_name(fs, listing, number, r.offset, f) != 0)
            return f->code;
    }
    if (ordinal < 2)
        return fault_set(f, FAULT_DAMAGED, "directory block 0: the directory has no '..'");
    return 0;
}

/* One of the areas of records in an inode: neither `.` nor `..` is in them. */
static int take_area(const struct ext4 *fs, const struct ext4_inode *dir, const uint8_t *area,
                     uint32_t size, struct ext4_listing *l, struct fault *f)
{
    struct record r = {0};

    for (; r.offset < size; r.offset += r.length) {
        if (read_record(fs, area, size, &r, f) != 0 || take_name(fs, dir, &r, l, f) != 0)
            return fault_prefix(f, "inline record at byte %u of %u", r.offset, size);
    }
    return 0;
}

int ext4_dir_inline(const struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent,
                    struct ext4_listing *listing, struct fault *f)
{
    const uint8_t *block = ext4_inode_block(dir), *rest;
    uint32_t stored = le32_at(block);
    size_t rest_bytes;
    int code;

    listing->strange = stored != parent;
    if (listing->strange)
        return fault_set(f, FAULT_DAMAGED, "'..' is inode %u, not %u", stored, parent);
    if ((code = take_area(fs, dir, block + INLINE_PARENT_BYTES,
                          INODE_BLOCK_BYTES - INLINE_PARENT_BYTES, listing, f)) != 0 ||
        (code = ext4_xattr_inline_data(fs, dir, &rest, &rest_bytes, f)) != 0)
        return code;
    return take_area(fs, dir, rest, (uint32_t)rest_bytes, listing, f);
}

/* ---- the whole directory ---- */

/* The blocks of one run of a directory's map. */
static int read_run(struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent,
                    const struct ext4_run *run, struct ext4_listing *l, struct fault *f)
{
    uint32_t size = fs->super.block_size;

    for (uint64_t done = 0; done < run->length; done += size) {
        int code = ext4_read_block(fs, (run->where + done) / size, fs->block, f);

        if (code == 0)
            code = ext4_dir_block(fs, dir, parent, (run->offset + done) / size, fs->block, l, f);
        if (code != 0 &&
            (l->strange ||
             ext4_lose(fs, f, "the names from there on in this block are left out") != 0))
            return code;
    }
    return 0;
}

/* A directory has no holes: what lies before `offset` must have been read. */
static int check_hole(struct ext4 *fs, uint64_t read, uint64_t offset, struct fault *f)
{
    if (read >= offset)
        return 0;
    fault_set(f, FAULT_DAMAGED, "directory block %llu is a hole", ull(read / fs->super.block_size));
    return ext4_lose(fs, f, "what should be there is left out");
}

static int read_blocks(struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent,
                       const struct ext4_map *map, struct ext4_listing *l, struct fault *f)
{
    uint64_t read = 0;
    int code = 0;

    if (dir->size == 0 || dir->size % fs->super.block_size != 0)
        return fault_set(f, FAULT_DAMAGED, "a directory of %llu bytes, not whole blocks of %u",
                         ull(dir->size), fs->super.block_size);
    for (size_t i = 0; i < map->count && code == 0; i++) {
        if ((code = check_hole(fs, read, map->runs[i].offset, f)) != 0)
            return code;
        code = read_run(fs, dir, parent, &map->runs[i], l, f);
        read = map->runs[i].offset + map->runs[i].length;
    }
    return code != 0 ? code : check_hole(fs, read, map->size, f);
}

static int compare_names(const void *a, const void *b, void *names)
{
    const struct ext4_dirent *x = a, *y = b;

    int order = strcmp((char *)names + x->name, (char *)names + y->name);

    return order != 0 ? order : (x->name > y->name) - (x->name < y->name);
}

static int check_twice(struct ext4 *fs, const char *name, struct fault *f)
{
    char shown[2 * NAME_MAX_BYTES];

    text_escape(shown, sizeof(shown), name, strlen(name));
    fault_set(f, FAULT_DAMAGED, "the directory has the name '%s' twice", shown);
    return ext4_lose(fs, f, "the second is left out");
}

static int sort(struct ext4 *fs, struct ext4_listing *l, struct fault *f)
{
    size_t kept = 0;

    if (l->count > 1)
        qsort_r(l->entries, l->count, sizeof(*l->entries), compare_names, l->names);
    for (size_t i = 0; i < l->count; i++) {
        const char *name = ext4_dirent_name(l, i);

        if (kept == 0 || strcmp(ext4_dirent_name(l, kept - 1), name) != 0)
            l->entries[kept++] = l->entries[i];
        else if (check_twice(fs, name, f) != 0)
            return f->code;
    }
    l->count = kept;
    return 0;
}

static int read_all(struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent,
                    const struct ext4_map *map, struct ext4_listing *listing, struct fault *f)
{
    int code;

    if (dir->flags & FLAG_INLINE_DATA)
        code = ext4_dir_inline(fs, dir, parent, listing, f);
    else
        code = read_blocks(fs, dir, parent, map, listing, f);
    return code != 0 ? fault_prefix(f, "inode %u", dir->number) : 0;
}

int ext4_dir_list(struct ext4 *fs, const struct ext4_inode *dir, uint32_t parent,
                  const struct ext4_map *map, struct ext4_listing *listing, struct fault *f)
{
    int code;

    listing->count = 0;
    listing->names_used = 0;
    listing->encrypted = 0;
    listing->strange = false;
    code = read_all(fs, dir, parent, map, listing, f);
    if (code != 0 && !listing->strange)
        code = ext4_lose(fs, f, "what the directory holds beyond that is left out");
    if (code == 0 && sort(fs, listing, f) != 0)
        code = fault_prefix(f, "inode %u", dir->number);
    return code;
}

void ext4_listing_free(struct ext4_listing *listing)
{
    free(listing->entries);
    free(listing->names);
    *listing = (struct ext4_listing){0};
}
