/* SPDX-License-Identifier: MIT */
/* Fuzzes directory blocks.  Input: blocks of 1 KiB, of inode 2. */
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

    if (size > MAX_SIZE || source_from_memory("", 0, "input", &device, &f) != 0)
        return 0;
    fs = fuzz_fs_open(device, 64);
    for (size_t i = 0; i < size / BLOCK; i++)
        if (ext4_dir_block(fs, &dir, 2, i, data + i * BLOCK, &listing, &f) != 0)
            break;
    check(&listing);
    ext4_listing_free(&listing);
    fuzz_fs_close(fs);
    return 0;
}
