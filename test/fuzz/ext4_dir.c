/* SPDX-License-Identifier: MIT */
/* Fuzzes directory blocks.  Input: a byte (1: with checksums, 2: with a hash tree, 4: without file
 * types), then blocks of 1 KiB, of inode 2. */
#include <string.h>

#include "ext4/dir.h"
#include "ext4_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SIZE = 16 << 10, BLOCK = 1024 };

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
    struct ext4_inode dir = {.number = 2, .type = EXT4_DIRECTORY};
    struct ext4_listing listing = {0};
    struct source *device;
    struct fault f;
    struct ext4 *fs;

    if (size == 0 || size > MAX_SIZE || source_from_memory("", 0, "input", &device, &f) != 0)
        return 0;
    fs = fuzz_fs_open(device, 64);
    fs->super.ro_compat = data[0] & 1 ? RO_COMPAT_METADATA_CSUM : 0;
    dir.flags = data[0] & 2 ? FLAG_INDEX : 0;
    if (data[0] & 4)
        fs->super.incompat &= ~(uint32_t)INCOMPAT_FILETYPE;
    for (size_t i = 0; i < (size - 1) / BLOCK; i++)
        if (ext4_dir_block(fs, &dir, 2, i, data + 1 + i * BLOCK, &listing, &f) != 0)
            break;
    check(&listing);
    ext4_listing_free(&listing);
    fuzz_fs_close(fs);
    return 0;
}
