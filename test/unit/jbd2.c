/* SPDX-License-Identifier: MIT */
/* The journal: its blocks decoded, the map of a replay, and reads that fail while it is read. */
#include "ext4/jbd2.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "ext4/ext4.h"
#include "ext4/journal.h"
#include "io/reader.h"
#include "unit.h"

enum { BLOCK = 1024 };

static void put_be16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put_be32(uint8_t *p, uint64_t v)
{
    put_be16(p, (uint32_t)(v >> 16) & 0xffff);
    put_be16(p + 2, (uint32_t)v & 0xffff);
}

static void put_header(uint8_t *p, uint32_t type, uint32_t sequence)
{
    memset(p, 0, BLOCK);
    put_be32(p, 0xc03b3998);
    put_be32(p + 4, type);
    put_be32(p + 8, sequence);
}

/* ---- the superblock ---- */

/* 2048 blocks, the log from block 1 on, transaction 9 in block 77, error 3. */
static void put_super(uint8_t *p, uint32_t type, uint32_t compat, uint32_t incompat)
{
    static const uint32_t fields[] = {BLOCK, 2048, 1, 9, 77, 3};

    put_header(p, type, 0);
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        put_be32(p + 12 + 4 * i, fields[i]);
    put_be32(p + 36, compat);
    put_be32(p + 40, incompat);
    for (unsigned i = 0; i < 16; i++)
        p[48 + i] = (uint8_t)(i + 1);
    if (incompat & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3))
        p[80] = 4;
}

static void a_superblock_is_decoded(struct unit *u)
{
    uint8_t p[BLOCK];
    struct jbd2_super s;
    struct fault f;

    put_super(p, JBD2_SUPERBLOCK_V2, 0, 0x13);
    put_be32(p + 252, 0x0345473a); /* computed by other means, as all these */
    CHECK(u, jbd2_super_decode(p, BLOCK, 3000, &s, &f) == 0);
    CHECK(u, s.blocksize == BLOCK && s.maxlen == 2048 && s.first == 1 && s.last == 2048);
    CHECK(u, s.sequence == 9 && s.start == 77 && s.error == 3 && s.incompat == 0x13);
    CHECK(u, s.checksum_seed == 0x5f2198eb && jbd2_has_csum_v2or3(&s));
    /* Every byte counts. */
    for (size_t i = 48; i < BLOCK; i++) {
        p[i] ^= 0x80;
        CHECK(u, jbd2_super_decode(p, BLOCK, 3000, &s, &f) ==
                     (i == 80 ? FAULT_UNSUPPORTED : FAULT_DAMAGED));
        p[i] ^= 0x80;
    }
}

static void an_old_superblock_has_no_features(struct unit *u)
{
    uint8_t p[BLOCK];
    struct jbd2_super s;
    struct fault f;

    put_super(p, JBD2_SUPERBLOCK_V1, 0xff, 0xffffffff);
    CHECK(u, jbd2_super_decode(p, BLOCK, 2048, &s, &f) == 0);
    CHECK(u, s.compat == 0 && s.incompat == 0 && s.ro_compat == 0 && s.last == 2048);
    put_super(p, JBD2_SUPERBLOCK_V2, 0xff, 0xffffffff);
    CHECK(u, jbd2_super_decode(p, BLOCK, 2048, &s, &f) == FAULT_UNSUPPORTED);
}

static void the_log_ends_before_the_fast_commits(struct unit *u)
{
    uint8_t p[BLOCK];
    struct jbd2_super s;
    struct fault f;

    put_super(p, JBD2_SUPERBLOCK_V2, 0, JBD2_INCOMPAT_FAST_COMMIT);
    CHECK(u, jbd2_super_decode(p, BLOCK, 2048, &s, &f) == 0 && s.last == 2048 - 256);
    put_be32(p + 84, 1000);
    CHECK(u, jbd2_super_decode(p, BLOCK, 2048, &s, &f) == 0 && s.last == 1048);
    CHECK(u, jbd2_next(&s, 1046) == 1047 && jbd2_next(&s, 1047) == 1);
    put_be32(p + 28, 1047);
    CHECK(u, jbd2_super_decode(p, BLOCK, 2048, &s, &f) == 0);
    put_be32(p + 28, 1048);
    CHECK(u, jbd2_super_decode(p, BLOCK, 2048, &s, &f) == FAULT_DAMAGED);
    put_be32(p + 28, 0);
    put_be32(p + 84, 1024);
    CHECK(u, jbd2_super_decode(p, BLOCK, 2048, &s, &f) == 0 && s.last == 1024);
    put_be32(p + 84, 1025);
    CHECK(u, jbd2_super_decode(p, BLOCK, 2048, &s, &f) == FAULT_DAMAGED);
}

static void the_log_wraps_to_its_first_block(struct unit *u)
{
    struct jbd2_super s = {.first = 3, .last = 1000};

    CHECK(u, jbd2_next(&s, 3) == 4 && jbd2_next(&s, 998) == 999 && jbd2_next(&s, 999) == 3);
}

/* ---- blocks of the log ---- */

static void a_block_is_of_one_transaction(struct unit *u)
{
    uint8_t p[BLOCK];
    uint32_t type;

    put_header(p, JBD2_COMMIT_BLOCK, 7);
    CHECK(u, jbd2_block_is(p, 7, &type) && type == JBD2_COMMIT_BLOCK);
    CHECK(u, !jbd2_block_is(p, 8, &type) && !jbd2_block_is(p, 6, &type));
    for (size_t i = 0; i < 12; i++) {
        p[i] ^= 1;
        CHECK(u, jbd2_block_is(p, 7, &type) == (i >= 4 && i < 8));
        p[i] ^= 1;
    }
}

struct layout {
    uint32_t incompat;
    uint32_t bytes; /* of a tag */
    uint32_t tail;
};

static const struct layout layouts[] = {
    {0, 8, 0},
    {JBD2_INCOMPAT_CSUM_V2, 10, 4},
    {JBD2_INCOMPAT_64BIT, 12, 0},
    {JBD2_INCOMPAT_64BIT | JBD2_INCOMPAT_CSUM_V2, 14, 4},
    {JBD2_INCOMPAT_CSUM_V3, 16, 4},
    {JBD2_INCOMPAT_64BIT | JBD2_INCOMPAT_CSUM_V3, 16, 4},
};

/* One tag at p, with number, flags and checksum that tell their bytes apart. */
static uint32_t put_tag(const struct layout *l, uint8_t *p, uint32_t flags)
{
    put_be32(p, 0x01020304);
    if (l->incompat & JBD2_INCOMPAT_CSUM_V3) {
        put_be32(p + 4, flags);
        put_be32(p + 12, 0x090a0b0c);
    } else {
        put_be16(p + 4, l->incompat & JBD2_INCOMPAT_CSUM_V2 ? 0x0b0c : 0);
        put_be16(p + 6, flags);
    }
    if (l->bytes >= 12)
        put_be32(p + 8, 0x05060708);
    return l->bytes + (flags & JBD2_FLAG_SAME_UUID ? 0 : 16);
}

static void check_tag(struct unit *u, const struct layout *l, const struct jbd2_tag *tag,
                      uint32_t flags)
{
    bool wide = l->incompat & JBD2_INCOMPAT_64BIT;
    uint32_t sum = 0;

    if (l->incompat & JBD2_INCOMPAT_CSUM_V3)
        sum = 0x090a0b0c;
    else if (l->incompat & JBD2_INCOMPAT_CSUM_V2)
        sum = 0x0b0c;
    CHECK(u, tag->blocknr == (wide ? 0x0506070801020304 : 0x01020304));
    CHECK(u, tag->flags == flags && tag->checksum == sum);
}

static void tags_of_each_layout_are_decoded(struct unit *u)
{
    static const uint32_t flags[] = {0, JBD2_FLAG_SAME_UUID | JBD2_FLAG_ESCAPE, JBD2_FLAG_SAME_UUID,
                                     0, JBD2_FLAG_SAME_UUID | JBD2_FLAG_LAST_TAG};

    for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
        struct jbd2_super s = {.blocksize = BLOCK, .incompat = layouts[i].incompat};
        uint8_t p[BLOCK];
        struct jbd2_tags tags = {.super = &s, .block = p};
        struct jbd2_tag tag;
        uint32_t at = 12;

        put_header(p, JBD2_DESCRIPTOR_BLOCK, 7);
        for (size_t j = 0; j < 5; j++)
            at += put_tag(&layouts[i], p + at, flags[j]);
        for (size_t j = 0; j < 5; j++) {
            CHECK(u, jbd2_tags_next(&tags, &tag));
            check_tag(u, &layouts[i], &tag, flags[j]);
        }
        CHECK(u, !jbd2_tags_next(&tags, &tag) && !jbd2_tags_next(&tags, &tag));
    }
}

/* Without a last tag they go on as long as there is room, the checksum's not included. */
static void tags_end_with_the_block(struct unit *u)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
        for (uint32_t first = 0; first < 2; first++) {
            struct jbd2_super s = {.blocksize = BLOCK, .incompat = layouts[i].incompat};
            uint32_t room = BLOCK - 12 - layouts[i].tail - (first ? 0 : 16);
            uint32_t count = 0, at = 12;
            uint8_t *p = malloc(BLOCK); /* so that a step past its end is seen */
            struct jbd2_tags tags = {.super = &s, .block = p};
            struct jbd2_tag tag;

            if (!p)
                abort();
            put_header(p, JBD2_DESCRIPTOR_BLOCK, 7);
            for (uint32_t j = 0; j < room / layouts[i].bytes; j++)
                at += put_tag(&layouts[i], p + at, j == 0 && !first ? 0 : JBD2_FLAG_SAME_UUID);
            for (; jbd2_tags_next(&tags, &tag); count++)
                check_tag(u, &layouts[i], &tag, count == 0 && !first ? 0 : JBD2_FLAG_SAME_UUID);
            CHECK(u, count == room / layouts[i].bytes && count <= BLOCK / 8);
            free(p);
        }
    }
}

static void the_checksum_of_data_covers_its_transaction(struct unit *u)
{
    struct jbd2_super s = {
        .blocksize = BLOCK, .incompat = JBD2_INCOMPAT_CSUM_V3, .checksum_seed = 0x5f2198eb};
    struct jbd2_tag tag = {.checksum = 0x5743f485};
    uint8_t p[BLOCK];

    for (size_t i = 0; i < BLOCK; i++)
        p[i] = (uint8_t)(i * 7);
    CHECK(u, jbd2_data_is_right(&s, &tag, 7, p));
    CHECK(u, !jbd2_data_is_right(&s, &tag, 8, p));
    p[BLOCK - 1] ^= 1;
    CHECK(u, !jbd2_data_is_right(&s, &tag, 7, p));
    s.incompat = 0;
    CHECK(u, jbd2_data_is_right(&s, &tag, 7, p));
    p[BLOCK - 1] ^= 1;
    s.incompat = JBD2_INCOMPAT_CSUM_V2;
    CHECK(u, !jbd2_data_is_right(&s, &tag, 7, p));
    tag.checksum = 0xf485;
    CHECK(u, jbd2_data_is_right(&s, &tag, 7, p));
}

static void revokes_are_counted_and_summed(struct unit *u)
{
    struct jbd2_super s = {
        .blocksize = BLOCK, .incompat = JBD2_INCOMPAT_CSUM_V3, .checksum_seed = 0x5f2198eb};
    uint8_t p[BLOCK];
    uint32_t count;
    struct fault f;

    put_header(p, JBD2_REVOKE_BLOCK, 7);
    put_be32(p + 12, 24);
    put_be32(p + 16, 100);
    put_be32(p + 20, 200);
    CHECK(u, jbd2_revoke_count(&s, p, &count, &f) == 0 && count == 2);
    CHECK(u, jbd2_revoke_at(&s, p, 0) == 100 && jbd2_revoke_at(&s, p, 1) == 200);
    put_be32(p + BLOCK - 4, 0x8701c93e);
    CHECK(u, jbd2_tail_is_right(&s, p));
    for (size_t i = 0; i < BLOCK; i++) {
        p[i] ^= 1;
        CHECK(u, !jbd2_tail_is_right(&s, p));
        p[i] ^= 1;
    }
    s.incompat |= JBD2_INCOMPAT_64BIT;
    CHECK(u, jbd2_revoke_count(&s, p, &count, &f) == 0 && count == 1);
    CHECK(u, jbd2_revoke_at(&s, p, 0) == (100ULL << 32) + 200);
    s.incompat = 0;
    p[0] ^= 1;
    CHECK(u, jbd2_tail_is_right(&s, p));
}

static void a_revoke_block_has_room_for_so_many(struct unit *u)
{
    static const struct {
        uint32_t incompat, used;
        uint32_t count; /* UINT32_MAX: damaged */
    } table[] = {
        {0, 16, 0},
        {0, 19, 0},
        {0, 20, 1},
        {JBD2_INCOMPAT_64BIT, 23, 0},
        {JBD2_INCOMPAT_64BIT, 24, 1},
        {0, 1024, 252},
        {0, 1025, UINT32_MAX},
        {0, 0, UINT32_MAX},
        {0, 15, UINT32_MAX},
        {0, 0x80000010, UINT32_MAX},
        {0, UINT32_MAX, UINT32_MAX},
        {JBD2_INCOMPAT_64BIT, 1024, 126},
        {JBD2_INCOMPAT_CSUM_V2, 1020, 251},
        {JBD2_INCOMPAT_CSUM_V2, 1021, UINT32_MAX},
        {JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_64BIT, 1020, 125},
        {JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_64BIT, 1024, UINT32_MAX},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct jbd2_super s = {.blocksize = BLOCK, .incompat = table[i].incompat};
        uint8_t p[BLOCK];
        uint32_t count = 0;
        struct fault f;
        int code;

        put_header(p, JBD2_REVOKE_BLOCK, 7);
        put_be32(p + 12, table[i].used);
        code = jbd2_revoke_count(&s, p, &count, &f);
        if (table[i].count == UINT32_MAX)
            CHECK(u, code == FAULT_DAMAGED);
        else
            CHECK(u, code == 0 && count == table[i].count);
    }
}

static void put_commit(uint8_t *p, uint32_t sum)
{
    put_header(p, JBD2_COMMIT_BLOCK, 7);
    put_be32(p + 16, sum);
    put_be32(p + 52, 1600000000);
    put_be32(p + 56, 5);
}

static void a_commit_has_its_own_checksum(struct unit *u)
{
    struct jbd2_super s = {
        .blocksize = BLOCK, .incompat = JBD2_INCOMPAT_CSUM_V3, .checksum_seed = 0x5f2198eb};
    uint8_t p[BLOCK];

    put_commit(p, 0xf188d74b);
    CHECK(u, jbd2_commit_seconds(p) == 1600000000);
    CHECK(u, jbd2_commit_is_right(&s, p, 0));
    s.incompat = JBD2_INCOMPAT_CSUM_V2;
    CHECK(u, jbd2_commit_is_right(&s, p, 0));
    /* Of a block of which only the header was written the rest may be anything. */
    for (size_t i = 0; i < BLOCK; i++) {
        p[i] ^= 1;
        CHECK(u, jbd2_commit_is_right(&s, p, 0) == (i >= 64));
        p[i] ^= 1;
    }
    s.incompat = 0;
    put_commit(p, 1);
    CHECK(u, jbd2_commit_is_right(&s, p, 0));
}

static void a_commit_has_that_of_its_transaction(struct unit *u)
{
    struct jbd2_super s = {.blocksize = BLOCK, .compat = JBD2_COMPAT_CHECKSUM};
    uint8_t p[BLOCK];

    put_commit(p, 0);
    CHECK(u, jbd2_commit_is_right(&s, p, 0x12345678)); /* none */
    put_commit(p, 0x12345678);
    CHECK(u, !jbd2_commit_is_right(&s, p, 0x12345678)); /* of no type */
    p[12] = 1;
    CHECK(u, !jbd2_commit_is_right(&s, p, 0x12345678));
    p[13] = 4;
    CHECK(u, jbd2_commit_is_right(&s, p, 0x12345678));
    CHECK(u, !jbd2_commit_is_right(&s, p, 0x12345679));
    p[12] = 2;
    CHECK(u, !jbd2_commit_is_right(&s, p, 0x12345678));
    /* A checksum of zero that says its type is one. */
    put_commit(p, 0);
    p[12] = 1;
    p[13] = 4;
    CHECK(u, !jbd2_commit_is_right(&s, p, 1) && jbd2_commit_is_right(&s, p, 0));
}

/* ---- the map of a replay ---- */

enum { BLOCKS = 16 };

/* Each byte of the device tells its block, and the place in it. */
static uint8_t byte_of(uint64_t offset)
{
    return (uint8_t)(offset / BLOCK * 16 + offset % BLOCK % 13);
}

/* What the replayed device has there, by the book. */
static uint8_t replayed_byte(const struct ext4_journal *j, uint64_t offset)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct ext4_rewrite *w = &j->rewrites[i];

        if (w->block != offset / BLOCK)
            continue;
        if (w->escaped && offset % BLOCK < 4)
            return jbd2_magic[offset % BLOCK];
        return byte_of(w->where + offset % BLOCK);
    }
    return byte_of(offset);
}

/* The extent that a range gets starts with the bytes that it should. */
static void check_extent(struct unit *u, struct source *s, const struct ext4_journal *j,
                         uint64_t offset, uint64_t length)
{
    struct extent x = {0};
    struct fault f;
    bool same = true;

    CHECK(u, source_map(s, offset, length, &x, &f) == 0);
    CHECK(u, x.kind == EXTENT_MEMORY && x.length > 0 && x.length <= length);
    for (uint64_t i = 0; i < x.length && same; i++)
        same = x.memory[i] == replayed_byte(j, offset + i);
    CHECK(u, same);
}

static void a_replay_answers_for_what_it_rewrites(struct unit *u)
{
    /* The first block and the last, neighbours, and escaped ones beside others. */
    struct ext4_rewrite rewrites[] = {
        {.block = 0, .where = 8 * BLOCK},  {.block = 3, .where = 10 * BLOCK, .escaped = true},
        {.block = 4, .where = 9 * BLOCK},  {.block = 5, .where = 11 * BLOCK, .escaped = true},
        {.block = 15, .where = 8 * BLOCK},
    };
    static const uint64_t lengths[] = {1, 3, 4, 5, BLOCK - 1, BLOCK, BLOCK + 1, BLOCKS * BLOCK};
    struct ext4_journal journal = {.rewrites = rewrites, .count = 5};
    uint8_t *device = malloc(BLOCKS * BLOCK);
    struct source *memory, *replay;
    struct fault f;

    if (!device)
        abort();
    for (uint64_t i = 0; i < BLOCKS * BLOCK; i++)
        device[i] = byte_of(i);
    if (source_from_memory(device, BLOCKS * BLOCK, "device", &memory, &f) != 0 ||
        ext4_replay_open(memory, BLOCK, &journal, &replay, &f) != 0)
        abort();
    CHECK(u, replay->size == BLOCKS * BLOCK);
    for (uint64_t block = 0; block <= BLOCKS; block++)
        for (int64_t near = -5; near <= 5; near++) {
            int64_t offset = (int64_t)(block * BLOCK) + near;

            for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
                if (offset >= 0 && (uint64_t)offset + lengths[i] <= BLOCKS * BLOCK)
                    check_extent(u, replay, &journal, (uint64_t)offset, lengths[i]);
        }
    source_close(replay);
    journal.count = 0;
    if (ext4_replay_open(memory, BLOCK, &journal, &replay, &f) != 0)
        abort();
    check_extent(u, replay, &journal, 0, BLOCKS * BLOCK);
    source_close(replay);
    source_close(memory);
    free(device);
}

/* ---- reads that fail ---- */

enum { IMAGE_BYTES = 3 << 20, STEP = 8192 };

/* A file system with a journal that must be replayed, and what it is after that. */
struct images {
    char dir[32];
    uint8_t *dirty, *after;
};

static uint8_t *load(const char *dir, const char *name)
{
    uint8_t *bytes = malloc(IMAGE_BYTES);
    char path[64];
    FILE *in;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    in = fopen(path, "rb");
    if (!in || !bytes || fread(bytes, 1, IMAGE_BYTES, in) != IMAGE_BYTES)
        abort();
    fclose(in);
    return bytes;
}

static void make_images(struct images *m)
{
    char command[128];

    strcpy(m->dir, "/tmp/engram-unit-jbd2-XXXXXX");
    if (!mkdtemp(m->dir))
        abort();
    snprintf(command, sizeof(command), "test/unit/dirty-image %s", m->dir);
    if (system(command) != 0)
        abort();
    m->dirty = load(m->dir, "image");
    m->after = load(m->dir, "after");
    snprintf(command, sizeof(command), "rm -r %s", m->dir);
    if (system(command) != 0)
        abort();
}

static int take_xattr(void *context, const char *name, const void *value, size_t value_len,
                      struct fault *f)
{
    (void)f;
    sha256_update(context, name, strlen(name));
    sha256_update(context, value, value_len);
    return 0;
}

static int add_node(struct sha256 *digest, struct ext4 *fs, const struct ext4_node *node,
                    struct fault *f)
{
    sha256_update(digest, node->path, strlen(node->path));
    for (size_t i = 0; node->map && i < node->map->count; i++)
        sha256_update(digest, &node->map->runs[i], sizeof(*node->map->runs));
    if (!node->inode)
        return 0;
    sha256_update(digest, &node->inode->size, sizeof(node->inode->size));
    return ext4_xattrs(fs, node->inode, take_xattr, digest, f);
}

/* Walk a device (which is closed), and digest what is met. */
static int walk(struct source *device, const struct ext4_options *options, uint8_t *sum,
                struct fault *f)
{
    static const struct ext4_selection everything;
    struct sha256 *digest;
    struct ext4 *fs = NULL;
    struct ext4_walk *w = NULL;
    struct ext4_node node;
    bool more = true;
    int code;

    if (sha256_open(&digest, f) != 0)
        abort();
    if ((code = ext4_open(device, options, &fs, f)) == 0)
        code = ext4_walk_open(fs, &everything, &w, f);
    while (code == 0 && (code = ext4_walk_next(w, &node, &more, f)) == 0 && more)
        code = add_node(digest, fs, &node, f);
    sha256_finish(digest, sum);
    sha256_close(digest);
    ext4_walk_close(w);
    ext4_close(fs);
    source_close(device);
    return code;
}

static struct source *faulty(const uint8_t *image, uint64_t offset)
{
    struct source *memory, *device;
    struct fault f;

    if (source_from_memory(image, IMAGE_BYTES, "image", &memory, &f) != 0 ||
        source_faulty(memory, FAULTY_ERROR, offset, &device, &f) != 0)
        abort();
    return device;
}

/* Wherever a read fails the walk says so, or it did not need those bytes and is complete. */
static void check_failures(struct unit *u, const uint8_t *image, const struct ext4_options *options,
                           const uint8_t *good)
{
    unsigned failed = 0;

    for (uint64_t offset = 0; offset < IMAGE_BYTES; offset += STEP) {
        uint8_t sum[SHA256_BYTES];
        struct fault f;
        int code = walk(faulty(image, offset), options, sum, &f);

        if (code == 0)
            CHECK(u, memcmp(sum, good, sizeof(sum)) == 0);
        else
            CHECK(u, code == FAULT_SYSTEM && strstr(f.text, "planned failure at offset"));
        failed += code != 0;
    }
    /* Some of the bytes are metadata or of the log, and some are not. */
    CHECK(u, failed > 0 && failed < IMAGE_BYTES / STEP);
}

static void a_failed_read_is_never_another_tree(struct unit *u)
{
    static const struct ext4_options replay, keep_going = {.keep_going = true},
                                             ignore = {.journal = EXT4_JOURNAL_IGNORE};
    uint8_t before[SHA256_BYTES], after[SHA256_BYTES], sum[SHA256_BYTES];
    struct images m;
    struct fault f;

    make_images(&m);
    CHECK(u, walk(faulty(m.after, IMAGE_BYTES), &replay, after, &f) == 0);
    CHECK(u, walk(faulty(m.dirty, IMAGE_BYTES), &replay, sum, &f) == 0);
    CHECK(u, memcmp(sum, after, sizeof(sum)) == 0);
    CHECK(u, walk(faulty(m.dirty, IMAGE_BYTES), &ignore, before, &f) == 0);
    CHECK(u, memcmp(before, after, sizeof(before)) != 0);
    check_failures(u, m.dirty, &replay, after);
    /* Nor can it be got around. */
    check_failures(u, m.dirty, &keep_going, after);
    free(m.dirty);
    free(m.after);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, a_superblock_is_decoded);
    UNIT_CASE(&u, an_old_superblock_has_no_features);
    UNIT_CASE(&u, the_log_ends_before_the_fast_commits);
    UNIT_CASE(&u, the_log_wraps_to_its_first_block);
    UNIT_CASE(&u, a_block_is_of_one_transaction);
    UNIT_CASE(&u, tags_of_each_layout_are_decoded);
    UNIT_CASE(&u, tags_end_with_the_block);
    UNIT_CASE(&u, the_checksum_of_data_covers_its_transaction);
    UNIT_CASE(&u, revokes_are_counted_and_summed);
    UNIT_CASE(&u, a_revoke_block_has_room_for_so_many);
    UNIT_CASE(&u, a_commit_has_its_own_checksum);
    UNIT_CASE(&u, a_commit_has_that_of_its_transaction);
    UNIT_CASE(&u, a_replay_answers_for_what_it_rewrites);
    UNIT_CASE(&u, a_failed_read_is_never_another_tree);
    return unit_end(&u);
}
