/* SPDX-License-Identifier: MIT */
/* Fuzzes tables of extended attributes.  Input: a table with its values, as after the magic number
 * in an inode. */
#include <stdlib.h>
#include <string.h>

#include "ext4/xattr.h"
#include "ext4_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SIZE = 64 << 10 };

static int take(void *context, const char *name, const void *value, size_t value_len,
                struct fault *f)
{
    volatile uint8_t *sum = context;

    (void)f;
    if (!strchr(name, '.') || value_len > 2 * (size_t)MAX_SIZE)
        abort();
    for (size_t i = 0; i < value_len; i++)
        *sum ^= ((const uint8_t *)value)[i];
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ext4_inode owner = {.number = 12};
    struct ext4_xattr_area area = {.table = data, .size = size, .owner = &owner};
    struct source *device;
    uint8_t sum = 0;
    struct fault f;
    struct ext4 *fs;

    if (size > MAX_SIZE || source_from_memory("", 0, "input", &device, &f) != 0)
        return 0;
    fs = fuzz_fs_open(device, 64);
    ext4_xattr_table(fs, &area, take, &sum, &f);
    fuzz_fs_close(fs);
    return 0;
}
