/* SPDX-License-Identifier: MIT */
/* What is read of an engram for a part of it: ranges of files, and directories that are passed
 * over. */
#include "engram/internal.h"
#include "engram_made.h"
#include "unit.h"

/* Bytes that hardly compress: those of a file from `at` on. */
static uint8_t byte_at(uint64_t at)
{
    return (uint8_t)((at * 2654435761u) >> 16 ^ at >> 20);
}

enum { RUN = 5 << 20, GAP = 300000, RUNS = 4 };

/* A file that begins with a hole and has four long runs of data with holes between them, after
 * another, shorter one. */
static struct memory holed_engram(struct unit *u)
{
    struct entry e = made_entry("/f", ENTRY_FILE, 0);
    struct engram_writer *w;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    uint8_t *data = malloc(RUN);
    struct fault f;

    e.size = (uint64_t)RUNS * (RUN + GAP) + 10;
    for (unsigned i = 0; i < RUNS; i++)
        CHECK(u, entry_add_extent(&e, (uint64_t)i * (RUN + GAP) + GAP, RUN, &f) == 0);
    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/a", ENTRY_FILE, "first", 5, &f) == 0);
    CHECK(u, engram_writer_entry(w, &e, &f) == 0);
    for (unsigned i = 0; i < RUNS; i++) {
        for (size_t j = 0; j < RUN; j++)
            data[j] = byte_at(e.extents[i].offset + j);
        CHECK(u, engram_writer_data(w, data, RUN, &f) == 0);
    }
    finish_made(u, w, to);
    entry_free(&e);
    free(data);
    return m;
}

static void check_range(struct unit *u, struct engram *g, const struct engram_item *item,
                        uint64_t offset, uint64_t length)
{
    struct memory got = {0};
    struct sink *to = memory_sink(&got);
    struct fault f;
    size_t wrong = 0;

    CHECK(u, engram_read_range(g, item, offset, length, to, &f) == 0 && sink_finish(to, &f) == 0);
    CHECK(u, got.length == length);
    for (uint64_t i = 0; i < got.length; i++) {
        uint64_t at = offset + i, in = at % (RUN + GAP);
        bool hole = in < GAP || at / (RUN + GAP) >= RUNS;

        wrong += got.bytes[i] != (hole ? 0 : byte_at(at));
    }
    CHECK(u, wrong == 0);
    sink_close(to);
    free(got.bytes);
}

static void ranges_have_the_bytes_of_the_file(struct unit *u)
{
    struct memory m = holed_engram(u);
    struct engram_item item = {0};
    struct source *s;
    struct engram *g = open_memory(u, &m, &s);
    struct fault f;
    bool found;

    CHECK(u, engram_find(g, "/f", &item, &found, &f) == 0 && found);
    check_range(u, g, &item, 0, item.entry.size);
    check_range(u, g, &item, 0, 0);
    check_range(u, g, &item, item.entry.size, 0);
    check_range(u, g, &item, item.entry.size - 1, 1);
    for (uint64_t edge = 0; edge < item.entry.size; edge += edge % (RUN + GAP) ? RUN : GAP) {
        for (unsigned i = 0; i < 9; i++) {
            uint64_t offset = edge + i % 3, from = offset ? offset - 1 : 0;

            check_range(u, g, &item, from, i / 3);
            check_range(u, g, &item, from, GAP + i / 3);
        }
    }
    for (uint64_t edge = GAP; edge < GAP + RUN; edge += 1 << 20)
        check_range(u, g, &item, edge - 1, 2);
    check_range(u, g, &item, GAP + 100, RUN + GAP + RUN);
    engram_item_free(&item);
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

static void a_range_costs_the_blocks_that_it_touches(struct unit *u)
{
    struct memory m = holed_engram(u);
    struct engram_item item = {0};
    struct fault f;
    bool found;

    for (unsigned i = 0; i < RUNS; i++) {
        struct source *s;
        struct engram *g = open_memory(u, &m, &s);
        uint64_t largest = 0;

        for (uint32_t b = 0; b < engram_info(g)->blocks; b++)
            if (g->tables.blocks[b].row.unpacked > largest)
                largest = g->tables.blocks[b].row.unpacked;
        CHECK(u, largest * 3 < (uint64_t)RUN * RUNS);
        CHECK(u, engram_find(g, "/f", &item, &found, &f) == 0 && found);
        check_range(u, g, &item, (uint64_t)i * (RUN + GAP), GAP);
        CHECK(u, blockcache_decoded(g->cache) == 0);
        check_range(u, g, &item, (uint64_t)i * (RUN + GAP) + GAP + RUN / 2, 1);
        CHECK(u, blockcache_decoded(g->cache) > 0 && blockcache_decoded(g->cache) <= largest);
        engram_close(g);
        source_close(s);
    }
    engram_item_free(&item);
    free(m.bytes);
}

/* A directory with very many names, between two with one each. */
static struct memory wide_engram(struct unit *u)
{
    static const char *const paths[] = {"/", "/a", "/a/1", "/b"};
    struct engram_writer *w;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;
    char path[128];

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    for (unsigned i = 0; i < 4; i++)
        CHECK(u, add_made(w, paths[i], i == 2 ? ENTRY_FIFO : ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    for (unsigned i = 0; i < 200000; i++) {
        snprintf(path, sizeof(path), "/b/%08u", i);
        CHECK(u, add_made(w, path, ENTRY_FIFO, NULL, 0, &f) == 0);
    }
    CHECK(u, add_made(w, "/b.c", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/b.c/1", ENTRY_FIFO, NULL, 0, &f) == 0);
    info = finish_made(u, w, to);
    CHECK(u, info.leaves > 50);
    return m;
}

/* The names in the root, each directory passed over: 0 if these are right, else the fault. */
static int list_root(struct unit *u, struct engram *g)
{
    static const char *const wanted[] = {"/a", "/b", "/b.c"};
    struct engram_item item = {0};
    struct engram_walk *w;
    struct fault f;
    bool more;
    size_t i = 0;
    int rc = engram_walk_open(g, "/", &w, &f);

    CHECK(u, rc == 0 && engram_walk_skip(w, &f) == 0); /* before the first entry: nothing */
    if (rc == 0)
        rc = engram_walk_next(w, &item, &more, &f);
    while (rc == 0 && (rc = engram_walk_next(w, &item, &more, &f)) == 0 && more) {
        CHECK(u, i < 3 && strcmp(item.entry.path, wanted[i]) == 0);
        i++;
        rc = engram_walk_skip(w, &f);
    }
    CHECK(u, rc != 0 || i == 3);
    engram_walk_close(w);
    engram_item_free(&item);
    return rc;
}

/* Which leaves matter is found by damaging each in its turn. */
static void few_leaves_are_read_to_pass_over_a_directory(struct unit *u)
{
    struct memory m = wide_engram(u);
    struct source *s;
    struct engram *g = open_memory(u, &m, &s);
    unsigned leaves = engram_info(g)->leaves, read = 0;

    CHECK(u, list_root(u, g) == 0);
    for (unsigned i = 0; i < leaves; i++) {
        uint8_t *byte = &m.bytes[g->tables.leaves[i].offset + 50];
        struct source *damaged;
        struct engram *again;

        *byte ^= 1;
        again = open_memory(u, &m, &damaged);
        read += list_root(u, again) == FAULT_DAMAGED;
        engram_close(again);
        source_close(damaged);
        *byte ^= 1;
    }
    CHECK(u, read >= 3 && read <= leaves / 4);
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, ranges_have_the_bytes_of_the_file);
    UNIT_CASE(&u, a_range_costs_the_blocks_that_it_touches);
    UNIT_CASE(&u, few_leaves_are_read_to_pass_over_a_directory);
    return unit_end(&u);
}
