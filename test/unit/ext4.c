/* SPDX-License-Identifier: MIT */
/* ext4: times decoded, maps searched, and reads that fail wherever a walk may touch the device. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "ext4/acl.h"
#include "ext4/ext4.h"
#include "ext4/inode.h"
#include "ext4/map.h"
#include "ext4/seen.h"
#include "ext4/table.h"
#include "unit.h"

/* The table of Documentation/filesystems/ext4/inodes.rst: extra bits, first and last second. */
static void times_cover_what_the_format_says(struct unit *u)
{
    static const struct {
        uint32_t extra;
        uint32_t stored;
        int64_t seconds;
    } table[] = {
        {0, 0x80000000, -0x80000000LL},
        {0, 0xffffffff, -1},
        {0, 0x00000000, 0},
        {0, 0x7fffffff, 0x07fffffffLL},
        {1, 0x80000000, 0x080000000LL},
        {1, 0xffffffff, 0x0ffffffffLL},
        {1, 0x00000000, 0x100000000LL},
        {1, 0x7fffffff, 0x17fffffffLL},
        {2, 0x80000000, 0x180000000LL},
        {2, 0xffffffff, 0x1ffffffffLL},
        {2, 0x00000000, 0x200000000LL},
        {2, 0x7fffffff, 0x27fffffffLL},
        {3, 0x80000000, 0x280000000LL},
        {3, 0xffffffff, 0x2ffffffffLL},
        {3, 0x00000000, 0x300000000LL},
        {3, 0x7fffffff, 0x37fffffffLL},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct ext4_time t = ext4_time_decode(table[i].stored, table[i].extra | 999999999U << 2);

        CHECK(u, t.seconds == table[i].seconds);
        CHECK(u, t.nanoseconds == 999999999);
    }
}

static void a_map_knows_its_runs_and_holes(struct unit *u)
{
    struct ext4_run runs[] = {{100, 50, 1000}, {150, 10, 5000}, {300, 1, 7000}};
    struct ext4_map map = {.runs = runs, .count = 3, .size = 400};
    uint64_t next = 0;

    CHECK(u, !ext4_map_find(&map, 0, &next) && next == 100);
    CHECK(u, !ext4_map_find(&map, 99, &next) && next == 100);
    CHECK(u, ext4_map_find(&map, 100, &next) == &runs[0]);
    CHECK(u, ext4_map_find(&map, 149, &next) == &runs[0]);
    CHECK(u, ext4_map_find(&map, 150, &next) == &runs[1]);
    CHECK(u, !ext4_map_find(&map, 160, &next) && next == 300);
    CHECK(u, ext4_map_find(&map, 300, &next) == &runs[2]);
    CHECK(u, !ext4_map_find(&map, 301, &next) && next == 400);
    map.count = 0;
    CHECK(u, !ext4_map_find(&map, 0, &next) && next == 400);
}

static void a_table_keeps_what_was_put(struct unit *u)
{
    static char values[5001];
    struct ext4_table t = {0};
    struct ext4_slot *slot;
    struct fault f;
    bool added;

    for (uint64_t key = 1; key <= 5000; key++) {
        CHECK(u, ext4_table_put(&t, key << 20, &slot, &added, &f) == 0 && added && !slot->value);
        slot->value = &values[key];
    }
    for (uint64_t key = 1; key <= 5000; key++)
        CHECK(u, ext4_table_put(&t, key << 20, &slot, &added, &f) == 0 && !added &&
                     slot->value == &values[key]);
    for (uint64_t key = 1; key <= 5000; key++)
        CHECK(u, ext4_table_get(&t, key << 20) == &values[key] && !ext4_table_get(&t, key));
    CHECK(u, t.count == 5000);
    ext4_table_free(&t);
    CHECK(u, !ext4_table_get(&t, 1));
}

static void marks_are_for_one_number_each(struct unit *u)
{
    static const uint32_t numbers[] = {0, 1, 7, 8, 32767, 32768, 4294967294, 4294967295};
    struct ext4_seen s = {0};
    struct fault f;

    CHECK(u, ext4_seen_open(&s, UINT32_MAX, &f) == 0);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        CHECK(u, !ext4_seen_has(&s, numbers[i]) && ext4_seen_mark(&s, numbers[i], &f) == 0);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        CHECK(u, ext4_seen_has(&s, numbers[i]));
    CHECK(u, !ext4_seen_has(&s, 2));
    ext4_seen_close(&s);
}

static void an_acl_becomes_what_getxattr_gives(struct unit *u)
{
    static const uint8_t stored[] = {1, 0, 0, 0, 1, 0, 6, 0, 2, 0, 4,  0, 0xe8, 3, 0,  0, 4, 0,
                                     4, 0, 8, 0, 0, 0, 1, 0, 1, 0, 16, 0, 4,    0, 32, 0, 4, 0};
    static const uint8_t wanted[] = {
        2,  0, 0, 0,                         /* version */
        1,  0, 6, 0, 0xff, 0xff, 0xff, 0xff, /* owner */
        2,  0, 4, 0, 0xe8, 3,    0,    0,    /* user 1000 */
        4,  0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* group */
        8,  0, 0, 0, 1,    0,    1,    0,    /* group 65537 */
        16, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* mask */
        32, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* others */
    };
    uint8_t *out;
    struct fault f;
    size_t len;

    CHECK(u, ext4_acl_convert(stored, sizeof(stored), &out, &len, &f) == 0);
    CHECK(u, len == sizeof(wanted) && memcmp(out, wanted, len) == 0);
    free(out);
    /* A cut anywhere but between two entries is damage. */
    for (size_t cut = 0; cut < sizeof(stored); cut++) {
        bool whole = cut == 4 || cut == 8 || cut == 16 || cut == 20 || cut == 28 || cut == 32;
        int code = ext4_acl_convert(stored, cut, &out, &len, &f);

        CHECK(u, code == (whole ? 0 : FAULT_DAMAGED));
        if (code == 0)
            free(out);
    }
}

/* ---- reads that fail ---- */

enum { IMAGE_BYTES = 2 << 20, STEP = 4096 };

/* A file system with a few dozen files, made by mke2fs of this project's own sources. */
static uint8_t *make_image(void)
{
    char path[] = "/tmp/engram-unit-ext4-XXXXXX";
    int fd = mkstemp(path);
    uint8_t *image = malloc(IMAGE_BYTES);
    char command[256];
    bool ok = fd >= 0 && image && ftruncate(fd, IMAGE_BYTES) == 0;

    snprintf(command, sizeof(command),
             "PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext4 -b 1024 -O ^has_journal "
             "-d libcommon/ext4 %s",
             path);
    ok = ok && system(command) == 0 && pread(fd, image, IMAGE_BYTES, 0) == IMAGE_BYTES;
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    if (ok)
        return image;
    free(image);
    return NULL;
}

struct walked {
    struct sha256 *digest;
    unsigned names;
};

static int take_xattr(void *context, const char *name, const void *value, size_t value_len,
                      struct fault *f)
{
    struct walked *walked = context;

    (void)f;
    sha256_update(walked->digest, name, strlen(name));
    sha256_update(walked->digest, value, value_len);
    return 0;
}

static void add_node(struct walked *walked, const struct ext4_node *node)
{
    sha256_update(walked->digest, node->path, strlen(node->path));
    if (node->inode)
        sha256_update(walked->digest, &node->inode->size, sizeof(node->inode->size));
    for (size_t i = 0; node->map && i < node->map->count; i++)
        sha256_update(walked->digest, &node->map->runs[i], sizeof(*node->map->runs));
    walked->names++;
}

/* Walk a device (which is closed); everything met goes into the digest. */
static int walk(struct source *device, struct walked *walked, struct fault *f)
{
    static const struct ext4_options options;
    static const struct ext4_selection everything;
    struct ext4 *fs = NULL;
    struct ext4_walk *w = NULL;
    struct ext4_node node;
    bool more = true;
    int code;

    walked->names = 0;
    sha256_reset(walked->digest);
    if ((code = ext4_open(device, &options, &fs, f)) == 0)
        code = ext4_walk_open(fs, &everything, &w, f);
    while (code == 0 && (code = ext4_walk_next(w, &node, &more, f)) == 0 && more) {
        add_node(walked, &node);
        if (node.inode)
            code = ext4_xattrs(fs, node.inode, take_xattr, walked, f);
    }
    ext4_walk_close(w);
    ext4_close(fs);
    source_close(device);
    return code;
}

static struct source *faulty(const uint8_t *image, enum faulty_kind kind, uint64_t offset)
{
    struct source *memory, *device;
    struct fault f;

    if (source_from_memory(image, IMAGE_BYTES, "image", &memory, &f) != 0 ||
        source_faulty(memory, kind, offset, &device, &f) != 0)
        abort();
    return device;
}

/* Wherever a read fails, the walk says so, or it did not need those bytes and is complete. */
static void a_failed_read_is_never_a_shorter_tree(struct unit *u)
{
    uint8_t *image = make_image();
    struct walked walked = {0};
    uint8_t good[SHA256_BYTES], digest[SHA256_BYTES];
    unsigned names, failed = 0;
    struct fault f;

    CHECK(u, image && sha256_open(&walked.digest, &f) == 0);
    if (!image || !walked.digest)
        return;
    CHECK(u, walk(faulty(image, FAULTY_ERROR, IMAGE_BYTES), &walked, &f) == 0);
    sha256_finish(walked.digest, good);
    names = walked.names;
    CHECK(u, names > 20);
    for (uint64_t offset = 0; offset < IMAGE_BYTES; offset += STEP) {
        int code = walk(faulty(image, FAULTY_ERROR, offset), &walked, &f);

        sha256_finish(walked.digest, digest);
        if (code == 0) {
            CHECK(u, walked.names == names && memcmp(digest, good, sizeof(good)) == 0);
        } else {
            CHECK(u, code == FAULT_SYSTEM && strstr(f.text, "planned failure at offset"));
            failed++;
        }
    }
    /* Some of the bytes are metadata, and some are not. */
    CHECK(u, failed > 0 && failed < IMAGE_BYTES / STEP);
    sha256_close(walked.digest);
    free(image);
}

static void a_shorter_device_is_never_a_file_system(struct unit *u)
{
    uint8_t *image = make_image();
    struct walked walked = {0};
    struct fault f;

    CHECK(u, image && sha256_open(&walked.digest, &f) == 0);
    if (!image || !walked.digest)
        return;
    for (uint64_t size = 0; size < IMAGE_BYTES; size += 1021)
        CHECK(u, walk(faulty(image, FAULTY_SHORT, size), &walked, &f) == FAULT_DAMAGED);
    sha256_close(walked.digest);
    free(image);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, times_cover_what_the_format_says);
    UNIT_CASE(&u, a_map_knows_its_runs_and_holes);
    UNIT_CASE(&u, a_table_keeps_what_was_put);
    UNIT_CASE(&u, marks_are_for_one_number_each);
    UNIT_CASE(&u, an_acl_becomes_what_getxattr_gives);
    UNIT_CASE(&u, a_failed_read_is_never_a_shorter_tree);
    UNIT_CASE(&u, a_shorter_device_is_never_a_file_system);
    return unit_end(&u);
}
