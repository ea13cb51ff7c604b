/* SPDX-License-Identifier: MIT */
/* Engrams written and read back: any number of threads, any order of reading. */
#include "engram/chunkset.h"
#include "engram_made.h"
#include "unit.h"

/* Bytes that neither compress well nor repeat, from a seed. */
static void fill(uint8_t *to, size_t length, uint32_t seed)
{
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525 + 1013904223;
        to[i] = (uint8_t)(seed >> 24) & 0x3f;
    }
}

static size_t length_of(unsigned i)
{
    return i % 7 == 0 ? 2500000 + i : i * 37 % 5000;
}

/* A tree of many files and several leaves: blocks of three profiles, files of several chunks. */
static struct memory large_engram(struct unit *u, unsigned threads, unsigned files)
{
    static const char *const endings[] = {"", ".conf", ".so"};
    struct engram_writer *w;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    uint8_t *data = malloc(4000000);
    struct fault f;
    char path[64];

    CHECK(u, engram_writer_open(to, small_blocks(), threads, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    for (unsigned i = 0; i < files; i++) {
        size_t length = i < 20 ? length_of(i) : i % 50;

        fill(data, length, i);
        snprintf(path, sizeof(path), "/file-%08u%s", i, endings[i % 3]);
        CHECK(u, add_made(w, path, ENTRY_FILE, data, length, &f) == 0);
    }
    finish_made(u, w, to);
    free(data);
    return m;
}

static void any_number_of_threads_writes_the_same(struct unit *u)
{
    struct memory one = large_engram(u, 1, 30);

    for (unsigned threads = 2; threads < 6; threads++) {
        struct memory many = large_engram(u, threads, 30);

        CHECK(u, one.length == many.length);
        CHECK(u, memcmp(one.bytes, many.bytes, one.length) == 0);
        free(many.bytes);
    }
    free(one.bytes);
}

/* The data of an item is what it was made of. */
static void check_data(struct unit *u, struct engram *g, const struct engram_item *item, unsigned i)
{
    size_t length = i < 20 ? length_of(i) : i % 50;
    uint8_t *data = malloc(length + 1), digest[SHA256_BYTES];
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;

    fill(data, length, i);
    sha256_of(data, length, digest);
    CHECK(u, memcmp(digest, item->sha256, SHA256_BYTES) == 0);
    CHECK(u, engram_read_data(g, item, to, &f) == 0);
    CHECK(u, sink_finish(to, &f) == 0);
    CHECK(u, m.length == length && (length == 0 || memcmp(m.bytes, data, length) == 0));
    sink_close(to);
    free(m.bytes);
    free(data);
}

static void each_path_is_found_in_any_order(struct unit *u)
{
    enum { FILES = 9000, LOOKUPS = 500 };
    static const char *const endings[] = {"", ".conf", ".so"};
    struct memory m = large_engram(u, 2, FILES);
    struct engram_item item = {0};
    struct source *s;
    struct engram *g = open_memory(u, &m, &s);
    struct fault f;
    char path[64];
    bool found;

    CHECK(u, engram_info(g)->leaves > 2);
    CHECK(u, engram_info(g)->entries == FILES + 1);
    for (unsigned n = 0, i = 5; n < LOOKUPS; n++, i = (i + 7919) % FILES) {
        snprintf(path, sizeof(path), "/file-%08u%s", i, endings[i % 3]);
        CHECK(u, engram_find(g, path, &item, &found, &f) == 0 && found);
        CHECK(u, strcmp(item.entry.path, path) == 0);
        if (n % 10 == 0)
            check_data(u, g, &item, i);
    }
    CHECK(u, engram_find(g, "/", &item, &found, &f) == 0 && found);
    CHECK(u, engram_find(g, "/zzz", &item, &found, &f) == 0 && !found);
    CHECK(u, engram_find(g, "/file", &item, &found, &f) == 0 && !found);
    CHECK(u, engram_find(g, "/file-00000005.so/x", &item, &found, &f) == 0 && !found);
    engram_item_free(&item);
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

/* /, /a, /a/x, /a/x/1, /a.b, /b */
static struct memory nested_engram(struct unit *u)
{
    struct engram_writer *w;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;

    CHECK(u, engram_writer_open(to, rules_builtin("max"), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/a", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/a/x", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/a/x/1", ENTRY_FILE, "one", 3, &f) == 0);
    CHECK(u, add_made(w, "/a.b", ENTRY_FILE, "one", 3, &f) == 0);
    CHECK(u, add_made(w, "/b", ENTRY_FILE, "two", 3, &f) == 0);
    info = finish_made(u, w, to);
    CHECK(u, info.chunks == 2);
    return m;
}

/* The walk below `top` gives these paths, one after the other. */
static void check_walk(struct unit *u, struct engram *g, const char *top, const char *const *paths)
{
    struct engram_item item = {0};
    struct engram_walk *walk;
    struct fault f;
    bool more = true;

    CHECK(u, engram_walk_open(g, top, &walk, &f) == 0);
    while (engram_walk_next(walk, &item, &more, &f) == 0 && more) {
        CHECK(u, *paths && strcmp(item.entry.path, *paths) == 0);
        if (*paths)
            paths++;
    }
    CHECK(u, !more && !*paths);
    CHECK(u, engram_walk_next(walk, &item, &more, &f) == 0 && !more);
    engram_item_free(&item);
    engram_walk_close(walk);
}

static void a_walk_keeps_to_what_lies_below(struct unit *u)
{
    struct memory m = nested_engram(u);
    struct source *s;
    struct engram *g = open_memory(u, &m, &s);

    check_walk(u, g, "/", (const char *const[]){"/", "/a", "/a/x", "/a/x/1", "/a.b", "/b", NULL});
    check_walk(u, g, "/a", (const char *const[]){"/a", "/a/x", "/a/x/1", NULL});
    check_walk(u, g, "/a/x/1", (const char *const[]){"/a/x/1", NULL});
    check_walk(u, g, "/b", (const char *const[]){"/b", NULL});
    check_walk(u, g, "/aa", (const char *const[]){NULL});
    check_walk(u, g, "/c", (const char *const[]){NULL});
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

/* A file of 100 bytes with data at 10-13 and 50-54. */
static void holes_are_given_where_they_are(struct unit *u)
{
    struct entry e = made_entry("/h", ENTRY_FILE, 0);
    struct engram_item item = {0};
    struct engram_writer *w;
    struct engram_info info;
    struct memory m = {0}, data = {0}, file = {0};
    struct sink *to = memory_sink(&m), *to_data = memory_sink(&data), *to_file = memory_sink(&file);
    struct source *s;
    struct fault f;
    char wanted[100] = {0};
    bool found;

    e.size = sizeof(wanted);
    entry_add_extent(&e, 10, 3, &f);
    entry_add_extent(&e, 50, 4, &f);
    memcpy(wanted + 10, "abc", 3);
    memcpy(wanted + 50, "defg", 4);
    CHECK(u, engram_writer_open(to, rules_builtin("balanced"), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, engram_writer_entry(w, &e, &f) == 0);
    CHECK(u, engram_writer_data(w, "abcdefg", 7, &f) == 0);
    CHECK(u, engram_writer_finish(w, &info, &f) == 0 && sink_finish(to, &f) == 0);
    struct engram *g = open_memory(u, &m, &s);
    CHECK(u, engram_find(g, "/h", &item, &found, &f) == 0 && found);
    CHECK(u, engram_read_data(g, &item, to_data, &f) == 0 && sink_finish(to_data, &f) == 0);
    CHECK(u, data.length == 7 && memcmp(data.bytes, "abcdefg", 7) == 0);
    CHECK(u, engram_read_file(g, &item, to_file, &f) == 0 && sink_finish(to_file, &f) == 0);
    CHECK(u, file.length == 100 && memcmp(file.bytes, wanted, 100) == 0);
    engram_item_free(&item);
    engram_close(g);
    source_close(s);
    engram_writer_close(w);
    sink_close(to);
    sink_close(to_data);
    sink_close(to_file);
    entry_free(&e);
    free(m.bytes);
    free(data.bytes);
    free(file.bytes);
}

static void data_that_is_missing_or_too_much_is_told(struct unit *u)
{
    struct entry e = made_entry("/f", ENTRY_FILE, 10);
    struct engram_writer *w;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, engram_writer_entry(w, &e, &f) == 0);
    CHECK(u, engram_writer_data(w, "abc", 3, &f) == 0);
    CHECK(u, engram_writer_finish(w, &info, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "7 bytes of the last file's data are missing") == 0);
    CHECK(u, engram_writer_data(w, "12345678", 8, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "8 bytes of data, but only 7 are due") == 0);
    engram_writer_close(w);
    sink_close(to);
    entry_free(&e);
    free(m.bytes);
}

static void chunks_are_found_by_their_digests(struct unit *u)
{
    enum { COUNT = 20000 };
    struct chunkset set = {0};
    uint8_t digest[SHA256_BYTES];
    struct fault f;
    uint32_t number;
    bool found;

    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            sha256_of(&i, sizeof(i), digest);
            CHECK(u, chunkset_find_or_add(&set, digest, &number, &found, &f) == 0);
            CHECK(u, found == (pass == 1) && number == i);
        }
    }
    CHECK(u, set.count == COUNT);
    chunkset_free(&set);
}

/* Three files, two of them the same, of two profiles. */
static void statistics_are_by_profile(struct unit *u)
{
    struct engram_writer_stats stats[PROFILE_COUNT];
    struct engram_writer *w;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;
    uint64_t stored = 0;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/a.conf", ENTRY_FILE, "hello", 5, &f) == 0);
    CHECK(u, add_made(w, "/b.conf", ENTRY_FILE, "hello", 5, &f) == 0);
    CHECK(u, add_made(w, "/c.so", ENTRY_FILE, "goodbye", 7, &f) == 0);
    CHECK(u, add_made(w, "/empty.so", ENTRY_FILE, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/fifo.so", ENTRY_FIFO, NULL, 0, &f) == 0);
    CHECK(u, engram_writer_finish(w, &info, &f) == 0);
    engram_writer_stats(w, stats);
    for (enum profile i = 0; i < PROFILE_COUNT; i++) {
        uint64_t files = i == PROFILE_CONFIG || i == PROFILE_LIBRARIES ? 2 : 0;
        uint64_t data = i == PROFILE_CONFIG ? 10 : i == PROFILE_LIBRARIES ? 7 : 0;
        uint64_t distinct = i == PROFILE_CONFIG ? 5 : i == PROFILE_LIBRARIES ? 7 : 0;

        CHECK(u, stats[i].files == files && stats[i].data_bytes == data);
        CHECK(u, stats[i].distinct_bytes == distinct);
        CHECK(u, (stats[i].stored_bytes > distinct) == (distinct > 0));
        stored += stats[i].stored_bytes;
    }
    CHECK(u, m.length == info.size && stored < info.size);
    engram_writer_close(w);
    sink_close(to);
    free(m.bytes);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, any_number_of_threads_writes_the_same);
    UNIT_CASE(&u, each_path_is_found_in_any_order);
    UNIT_CASE(&u, a_walk_keeps_to_what_lies_below);
    UNIT_CASE(&u, holes_are_given_where_they_are);
    UNIT_CASE(&u, data_that_is_missing_or_too_much_is_told);
    UNIT_CASE(&u, chunks_are_found_by_their_digests);
    UNIT_CASE(&u, statistics_are_by_profile);
    return unit_end(&u);
}
