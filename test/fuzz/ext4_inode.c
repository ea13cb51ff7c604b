/* SPDX-License-Identifier: MIT */
/* Fuzzes inodes with all that hangs on one: data, names, target, attributes, values with inodes of
 * their own.  Input: a byte (1: keep_going, 2: no_verify, 4: without metadata_csum, 8: without
 * filetype), then the blocks of 1 KiB from block 5 on, which starts the inode table. */
#include <string.h>

#include "base/crc.h"
#include "ext4/dir.h"
#include "ext4/map.h"
#include "ext4/symlink.h"
#include "ext4/xattr.h"
#include "ext4_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SIZE = 64 << 10, BLOCK = 1024, TABLE = 5, INODES = 32 };

/* Of the file systems that the seeds are made of. */
static const uint8_t uuid[EXT4_UUID_BYTES] = {0xe2, 0xf5, 0xe2, 0xf5, 0, 0, 0x40, 0,
                                              0x80, 0,    0,    0,    0, 0, 0xe2, 0xf4};

static int take(void *context, const char *name, const void *value, size_t value_len,
                struct fault *f)
{
    volatile uint8_t *sum = context;

    (void)f;
    if (!strchr(name, '.') || value_len > 2 * (size_t)EXT4_XATTR_SIZE_MAX)
        abort();
    for (size_t i = 0; i < value_len; i++)
        *sum ^= ((const uint8_t *)value)[i];
    return 0;
}

static void check_map(const struct ext4 *fs, const struct ext4_map *map)
{
    uint64_t end = 0;

    for (size_t i = 0; i < map->count; i++) {
        const struct ext4_run *run = &map->runs[i];

        if (run->length == 0 || run->offset < end ||
            run->where + run->length > fs->super.blocks_count * BLOCK)
            abort();
        end = run->offset + run->length;
    }
    if (end > map->size)
        abort();
}

static void check_listing(const struct ext4_listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const char *name = ext4_dirent_name(l, i);

        if (name[0] == '\0' || strchr(name, '/') || strlen(name) > 255 ||
            l->entries[i].inode == 0 || l->entries[i].inode > INODES)
            abort();
        if (i > 0 && strcmp(ext4_dirent_name(l, i - 1), name) >= 0)
            abort();
    }
}

static void look(struct ext4 *fs, uint32_t number, struct ext4_inode *inode, struct ext4_map *map)
{
    struct ext4_listing listing = {0};
    char target[BLOCK];
    uint8_t sum = 0;
    struct fault f;

    if (ext4_inode_read(fs, number, inode, &f) != 0)
        return;
    if (inode->number != number || inode->size > INT64_MAX || inode->permissions > 07777)
        abort();
    ext4_xattrs(fs, inode, take, &sum, &f);
    switch (inode->type) {
    case EXT4_DIRECTORY:
        if (ext4_dir_list(fs, inode, EXT4_ROOT_INO, map, &listing, &f) == 0)
            check_listing(&listing);
        break;
    case EXT4_SYMLINK:
        if (ext4_symlink_read(fs, inode, map, target, &f) == 0 &&
            (target[0] == '\0' || strlen(target) != inode->size))
            abort();
        break;
    default:
        if (ext4_map_load(fs, inode, map, &f) == 0)
            check_map(fs, map);
    }
    ext4_listing_free(&listing);
}

static void prepare(struct ext4 *fs, uint8_t kind)
{
    struct ext4_super *s = &fs->super;

    fs->options.keep_going = kind & 1;
    fs->options.no_verify = kind & 2;
    s->ro_compat = kind & 4 ? 0 : RO_COMPAT_METADATA_CSUM;
    s->incompat |= INCOMPAT_EA_INODE | INCOMPAT_INLINE_DATA | INCOMPAT_ENCRYPT;
    if (kind & 8)
        s->incompat &= ~(uint32_t)INCOMPAT_FILETYPE;
    s->inodes_count = s->inodes_per_group = INODES;
    s->checksum_seed = crc32c(~0U, uuid, sizeof(uuid));
    fs->groups[0] = (struct ext4_group){.inode_table = TABLE, .block_bitmap = 3, .known = true};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ext4_inode inode = {0};
    struct ext4_map map = {0};
    struct source *device;
    struct fault f;
    struct ext4 *fs;
    uint8_t *blocks;
    size_t count;

    if (size < 1 || size > MAX_SIZE)
        return 0;
    count = TABLE + (size - 1 + BLOCK - 1) / BLOCK;
    blocks = calloc(count, BLOCK);
    if (!blocks)
        abort();
    memcpy(blocks + TABLE * BLOCK, data + 1, size - 1);
    if (source_from_memory(blocks, count * BLOCK, "input", &device, &f) != 0)
        abort();
    fs = fuzz_fs_open(device, count);
    prepare(fs, data[0]);
    for (uint32_t number = 1; number <= INODES; number++)
        look(fs, number, &inode, &map);
    ext4_inode_free(&inode);
    ext4_map_free(&map);
    fuzz_fs_close(fs);
    free(blocks);
    return 0;
}
