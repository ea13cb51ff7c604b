/* SPDX-License-Identifier: MIT */
/* What reading an engram may cost, whatever the engram says. */
#include "engram/internal.h"
#include "engram/resolve.h"
#include "engram_made.h"
#include "unit.h"

enum {
    BLOCKS = 2,
    BLOCK_CHUNKS = LAYOUT_BLOCK_MAX / LAYOUT_CHUNK_MAX + 1,
    STORED = 16, /* of a block: bytes that nothing here decodes */
};

/* ---- blocks that a file leads through ---- */

static uint32_t chunk_length(uint32_t chunk)
{
    uint32_t place = chunk % BLOCK_CHUNKS;

    return place == 0 ? 1 : place == 1 ? LAYOUT_CHUNK_MAX - 1 : LAYOUT_CHUNK_MAX;
}

/* How many chunks the runs have, and how many bytes these. */
static uint32_t chunks_of(const struct engram_run *runs, uint32_t count, uint64_t *bytes)
{
    uint32_t chunks = 0;

    *bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < runs[i].count; k++, chunks++)
            *bytes += chunk_length(runs[i].first + k);
    }
    return chunks;
}

static size_t put_entry(uint8_t *at, struct entry e, const struct engram_run *runs, uint32_t count)
{
    struct record_text text = {0};
    uint64_t bytes;
    size_t length;
    struct fault f;

    record_append(&text, &e, &f);
    put_le32(at, (uint32_t)text.length);
    put_le32(at + 4, count);
    memcpy(at + 8, text.bytes, text.length);
    length = 8 + text.length;
    for (uint32_t i = 0; i < count; i++, length += 8) {
        put_le32(at + length, runs[i].first);
        put_le32(at + length + 4, runs[i].count);
    }
    if (chunks_of(runs, count, &bytes) > 1) {
        memset(at + length, 0, SHA256_BYTES);
        length += SHA256_BYTES;
    }
    record_free(&text);
    entry_free(&e);
    return length;
}

/* Rows of two blocks as large as they may be: each a chunk of one byte, then large ones. */
static size_t put_tables(uint8_t *at, struct layout_leaf *leaf)
{
    uint8_t *start = at;
    uint8_t stored[STORED] = {0};
    struct layout_block block = {.stored = STORED, .unpacked = LAYOUT_BLOCK_MAX};

    sha256_of(stored, STORED, block.sha256);
    for (int i = 0; i < BLOCKS; i++, at += LAYOUT_BLOCK_ROW)
        layout_put_block(at, &block);
    layout_put_leaf(at, leaf);
    at += LAYOUT_LEAF_ROW;
    for (uint32_t i = 0; i < BLOCKS * BLOCK_CHUNKS; i++, at += LAYOUT_CHUNK_ROW) {
        struct layout_chunk chunk = {.block = i / BLOCK_CHUNKS, .length = chunk_length(i)};

        layout_put_chunk(at, &chunk);
    }
    return (size_t)(at - start);
}

/* An engram of two such blocks and a file `/f` of these runs. */
static struct memory two_blocks(const struct engram_run *runs, uint32_t count)
{
    uint8_t bytes[8192] = {0}, leaf_bytes[1024], *at = bytes + LAYOUT_HEADER_BYTES;
    struct layout_footer footer = {.version = LAYOUT_VERSION,
                                   .entries = 2,
                                   .chunks = BLOCKS * BLOCK_CHUNKS,
                                   .blocks = BLOCKS,
                                   .leaves = 1};
    struct layout_leaf leaf = {.entries = 2};
    struct frame_packer *packer = NULL;
    struct memory m = {0};
    struct fault f;
    uint64_t data;
    size_t n = put_entry(leaf_bytes, made_entry("/", ENTRY_DIRECTORY, 0), NULL, 0);

    chunks_of(runs, count, &data);
    footer.data_bytes = data;
    n += put_entry(leaf_bytes + n, made_entry("/f", ENTRY_FILE, data), runs, count);
    leaf.unpacked = (uint32_t)n;
    layout_put_header(bytes, &footer);
    at += BLOCKS * STORED;
    frame_packer_open(&packer, &f);
    frame_pack(packer, &(struct frame_settings){1, 1 << 20, false}, leaf_bytes, n,
               at + LAYOUT_FRAME_BYTES, &n, &f);
    frame_packer_close(packer);
    layout_put_frame(at, LAYOUT_LEAF, (uint32_t)n);
    leaf.stored = (uint32_t)n + LAYOUT_FRAME_BYTES;
    sha256_of(at, leaf.stored, leaf.sha256);
    at += leaf.stored;
    footer.tables_offset = (uint64_t)(at - bytes);
    n = put_tables(at + LAYOUT_FRAME_BYTES, &leaf);
    layout_put_frame(at, LAYOUT_TABLES, (uint32_t)n);
    sha256_of(at + LAYOUT_FRAME_BYTES, n, footer.tables);
    at += LAYOUT_FRAME_BYTES + n;
    layout_put_footer(at, &footer);
    memory_add(&m, bytes, (size_t)(at + LAYOUT_FOOTER_BYTES - bytes), &f);
    return m;
}

/* What looking for /f says of these runs. */
static int find_file(struct unit *u, const struct engram_run *runs, uint32_t count, struct fault *f)
{
    struct memory m = two_blocks(runs, count);
    struct engram_item item = {0};
    struct engram *g = NULL;
    struct source *s;
    bool found;
    int rc;

    CHECK(u, source_from_memory(m.bytes, m.length, "test", &s, f) == 0);
    rc = engram_open(s, &g, f);
    CHECK(u, rc == 0);
    if (rc == 0)
        rc = engram_find(g, "/f", &item, &found, f);
    engram_item_free(&item);
    engram_close(g);
    source_close(s);
    free(m.bytes);
    return rc;
}

static void a_file_leads_through_blocks_in_proportion_to_its_data(struct unit *u)
{
    const struct engram_run one[] = {{0, 1}};
    const struct engram_run same[] = {{0, 1}, {0, 1}};
    const struct engram_run both[] = {{0, 1}, {BLOCK_CHUNKS, 1}};
    const struct engram_run across[] = {{BLOCK_CHUNKS - 1, 2}};
    struct fault f;

    CHECK(u, find_file(u, one, 1, &f) == 0);
    CHECK(u, find_file(u, same, 2, &f) == 0);
    CHECK(u, find_file(u, both, 2, &f) == FAULT_DAMAGED);
    CHECK(u, strstr(f.text, ": entry 1: its chunks lead through too many blocks for its data"));
    /* 1 MiB and a byte may lead through two. */
    CHECK(u, find_file(u, across, 1, &f) == 0);
}

/* ---- names that a path leads through ---- */

static struct memory linked(struct unit *u, size_t target_length)
{
    char *target = malloc(target_length + 1);
    struct entry link = made_entry("/link", ENTRY_SYMLINK, 0);
    struct engram_writer *w = NULL;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;

    memset(target, '/', target_length);
    memcpy(target + target_length - 1, "a", 2);
    free(link.target);
    link.target = target;
    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/a", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, engram_writer_entry(w, &link, &f) == 0);
    finish_made(u, w, to);
    entry_free(&link);
    return m;
}

/* What resolving says; *found as it does. */
static int resolve(struct unit *u, const char *path, size_t target_length, bool *found,
                   struct fault *f)
{
    struct memory m = linked(u, target_length);
    struct engram_item item = {0};
    struct engram *g = NULL;
    struct source *s;
    int rc;

    CHECK(u, source_from_memory(m.bytes, m.length, "test", &s, f) == 0);
    CHECK(u, engram_open(s, &g, f) == 0);
    rc = engram_resolve(g, path, RESOLVE_FILE, &item, found, f);
    engram_item_free(&item);
    engram_close(g);
    source_close(s);
    free(m.bytes);
    return rc;
}

static void links_longer_than_linux_has_are_not_followed(struct unit *u)
{
    struct fault f;
    bool found;

    CHECK(u, resolve(u, "/link", RESOLVE_TARGET_MAX, &found, &f) == 0 && found);
    CHECK(u, resolve(u, "/link", RESOLVE_TARGET_MAX + 1, &found, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "/link: a symbolic link to a path of 4096 bytes, more than 4095") == 0);
}

static void names_on_the_way_are_counted(struct unit *u)
{
    char path[RESOLVE_NAMES_MAX * 5 + 10];
    struct fault f;
    bool found;

    for (size_t i = 0; i <= RESOLVE_NAMES_MAX; i++)
        memcpy(path + 5 * i, "a/../", 6);
    CHECK(u, resolve(u, path, 1, &found, &f) == FAULT_SYSTEM);
    CHECK(u, strstr(f.text, ": more than 1024 names on the way"));
    path[RESOLVE_NAMES_MAX * 5] = '\0';
    CHECK(u, resolve(u, path, 1, &found, &f) == 0 && found);
}

/* ---- leaves that are decoded to find names ---- */

/* The root, and files whose attributes are so large that each has a leaf of its own. */
static struct memory large_leaves(struct unit *u, unsigned files)
{
    enum { ATTRIBUTES = 400, ATTRIBUTE = 65000 };
    struct engram_writer *w = NULL;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    uint8_t *value = calloc(1, ATTRIBUTE);
    char name[32];
    struct fault f;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    for (unsigned i = 0; i < files; i++) {
        struct entry e;

        snprintf(name, sizeof(name), "/%u", i);
        e = made_entry(name, ENTRY_FILE, 0);
        for (unsigned k = 0; k < ATTRIBUTES; k++) {
            snprintf(name, sizeof(name), "user.%03u", k);
            CHECK(u, entry_add_xattr(&e, name, value, ATTRIBUTE, &f) == 0);
        }
        CHECK(u, engram_writer_entry(w, &e, &f) == 0);
        entry_free(&e);
    }
    info = finish_made(u, w, to);
    CHECK(u, info.leaves == files + 1);
    free(value);
    return m;
}

/* More than fit into the cache, in turns: each time one has to be decoded anew. */
static void large_leaves_are_not_decoded_for_ever(struct unit *u)
{
    enum { FILES = 3, MOST = (int)(LEAFCACHE_LARGE_BYTES / 52000000) + 1 };
    struct memory m = large_leaves(u, FILES);
    struct engram_item item = {0};
    struct source *s;
    struct engram *g = open_memory(u, &m, &s);
    struct fault f;
    unsigned found = 0;
    bool is_there = true;
    int rc = 0;
    char path[32];

    while (rc == 0 && is_there && found <= MOST) {
        snprintf(path, sizeof(path), "/%u", found % FILES);
        rc = engram_find(g, path, &item, &is_there, &f);
        found += rc == 0;
    }
    CHECK(u, found > FILES && found <= MOST && rc == FAULT_UNSUPPORTED);
    CHECK(u, strcmp(f.text, "finding names takes more than 4096 MiB of leaves of more than 1048576 "
                            "bytes") == 0);
    engram_item_free(&item);
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

/* ---- entries that have no room in a leaf ---- */

static size_t record_length(const struct entry *e)
{
    struct record_text text = {0};
    size_t length;
    struct fault f;

    record_append(&text, e, &f);
    length = text.length;
    record_free(&text);
    return length;
}

/* A file of `size` bytes whose record has `length`: attributes fill it. */
static struct entry large_entry(uint64_t size, size_t length)
{
    enum { ATTRIBUTE = 1 << 20 };
    struct entry e = made_entry("/f", ENTRY_FILE, size);
    uint8_t *value = calloc(2, ATTRIBUTE);
    size_t left = length - record_length(&e);
    char name[32];
    struct fault f;

    for (unsigned k = 0; left; k++) {
        /* `xattr=`, the name, which makes it even, `=`, two digits for each byte, NUL. */
        size_t field = left < 3 * ATTRIBUTE ? left : 2 * ATTRIBUTE;

        snprintf(name, sizeof(name), "user.%04u%s", k, field % 2 ? "" : "x");
        entry_add_xattr(&e, name, value, (field - 8 - strlen(name)) / 2, &f);
        left -= field;
    }
    free(value);
    return e;
}

/* How many bytes of zeros a file may give before it is refused. */
static size_t taken_before_refusal(struct unit *u, size_t length)
{
    enum { STEP = 1 << 20, STEPS = 64 };
    struct entry e = large_entry((uint64_t)STEPS * STEP, length);
    uint8_t *zeros = calloc(1, STEP);
    struct engram_writer *w = NULL;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;
    size_t taken = 0;
    int rc;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    rc = engram_writer_entry(w, &e, &f);
    while (rc == 0 && taken < STEPS) {
        rc = engram_writer_data(w, zeros, STEP, &f);
        taken += rc == 0;
    }
    CHECK(u, rc == FAULT_UNSUPPORTED);
    CHECK(u, rc == 0 || strcmp(f.text, "/f: an entry of 67108872 bytes is too large for a leaf of "
                                       "the index (67108864 at most)") == 0);
    engram_writer_close(w);
    sink_close(to);
    entry_free(&e);
    free(zeros);
    free(m.bytes);
    return taken * STEP;
}

static void runs_that_no_leaf_holds_are_refused_early(struct unit *u)
{
    /* There is no room for a run; there is for one, but zeros make a run for each chunk. */
    CHECK(u, taken_before_refusal(u, LAYOUT_LEAF_MAX - 8) < (16 << 20));
    CHECK(u, taken_before_refusal(u, LAYOUT_LEAF_MAX - 16) < (16 << 20));
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, a_file_leads_through_blocks_in_proportion_to_its_data);
    UNIT_CASE(&u, links_longer_than_linux_has_are_not_followed);
    UNIT_CASE(&u, names_on_the_way_are_counted);
    UNIT_CASE(&u, large_leaves_are_not_decoded_for_ever);
    UNIT_CASE(&u, runs_that_no_leaf_holds_are_refused_early);
    return unit_end(&u);
}
