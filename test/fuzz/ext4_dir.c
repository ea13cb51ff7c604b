/* SPDX-License-Identifier: MIT */
/* Fuzzes directory blocks.  Input: a byte (1: with checksums, 2: with a hash tree, 4: without file
 * types, 8: in the inode), then blocks of 1 KiB, of inode 2; or an inode of 256 bytes. */
#include <string.h>

#include "ext4/dir.h"
#include "ext4_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SIZE = 16 << 10, BLOCK = 1024 };

/* The bytes of an inode, whose records lie in i_block and in an attribute. */
static void list_inline(const struct ext4 *fs, const uint8_t *bytes, size_t size,
                        struct ext4_listing *l)
{
    uint8_t raw[256] = {0};
    struct ext4_inode dir = {.number = 2, .type = EXT4_DIRECTORY, .raw = raw};
    struct fault f;

    memcpy(raw, bytes, size < sizeof(raw) ? size : sizeof(raw));
    dir.extra_size = raw[INODE_EXTRA] & 0x7c; /* what has been checked before */
    ext4_dir_inline(fs, &dir, 2, l, &f);
}

static void list_blocks(struct ext4 *fs, uint8_t kind, const uint8_t *bytes, size_t size,
                        struct ext4_listing *l)
{
    struct ext4_inode dir = {
        .number = 2,
        .type = EXT4_DIRECTORY,
        .flags = kind & 2 ? FLAG_INDEX : 0,
    };
    struct fault f;

    for (size_t i = 0; i < size / BLOCK; i++)
        if (ext4_dir_block(fs, &dir, 2, i, bytes + i * BLOCK, l, &f) != 0)
            break;
}

static void check(const struct ext4_listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const char *name = ext4_dirent_name(l, i);

        if (name[0] == '\0' || strchr(name, '/') || strlen(name) > 255 || strcmp(name, ".") == 0 ||
            strcmp(name, "..") == 0 || l->entries[i].inode == 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ext4_listing listing = {0};
    struct source *device;
    struct fault f;
    struct ext4 *fs;

    if (size == 0 || size > MAX_SIZE || source_from_memory("", 0, "input", &device, &f) != 0)
        return 0;
    fs = fuzz_fs_open(device, 64);
    fs->super.ro_compat = data[0] & 1 ? RO_COMPAT_METADATA_CSUM : 0;
    if (data[0] & 4)
        fs->super.incompat &= ~(uint32_t)INCOMPAT_FILETYPE;
    if (data[0] & 8)
        list_inline(fs, data + 1, size - 1, &listing);
    else
        list_blocks(fs, data[0], data + 1, size - 1, &listing);
    check(&listing);
    ext4_listing_free(&listing);
    fuzz_fs_close(fs);
    return 0;
}
