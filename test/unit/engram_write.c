/* SPDX-License-Identifier: MIT */
/* How an engram is written: where data is cut, what is stored, and what is shared. */
#include "engram/chunker.h"
#include "engram/density.h"
#include "engram_made.h"
#include "unit.h"

enum { MIB = 1 << 20 };

/* Bytes without any order, from a seed that is not 0 (Marsaglia's xorshift64). */
static void noise(uint8_t *to, size_t length, uint64_t seed)
{
    uint64_t x = seed << 32 | 1;

    for (size_t i = 0; i < length; i++) {
        if (i % 8 == 0) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }
        to[i] = (uint8_t)(x >> (i % 8 * 8));
    }
}

/* ---- where data is cut ---- */

/* The ends of the chunks, given so many bytes at once; returns their number. */
static size_t cut_after(uint64_t small_chunks, const uint8_t *bytes, size_t length, size_t step,
                        size_t *ends, size_t max)
{
    struct chunker c;
    size_t start = 0, known = 0, count = 0, cut;

    chunker_start(&c, small_chunks);
    while (start < length && count < max) {
        cut = chunker_cut(&c, bytes + start, known - start, known == length);
        if (cut == 0)
            known = length - known < step ? length : known + step;
        else
            ends[count++] = start += cut;
    }
    return count;
}

static size_t cut_all(const uint8_t *bytes, size_t length, size_t step, size_t *ends, size_t max)
{
    return cut_after(CHUNKER_SMALL_CHUNKS, bytes, length, step, ends, max);
}

static void cuts_depend_on_nothing_but_the_bytes(struct unit *u)
{
    enum { LENGTH = 2 * MIB, MAX = LENGTH / CHUNKER_MIN + 1 };
    uint8_t *bytes = malloc(LENGTH);
    size_t whole[MAX], parts[MAX], count;

    noise(bytes, LENGTH, 1);
    count = cut_all(bytes, LENGTH, LENGTH, whole, MAX);
    CHECK(u, count > LENGTH / CHUNKER_MAX && whole[count - 1] == LENGTH);
    for (size_t step = 777; step < LENGTH; step *= 7) {
        CHECK(u, cut_all(bytes, LENGTH, step, parts, MAX) == count);
        CHECK(u, memcmp(whole, parts, count * sizeof(*whole)) == 0);
    }
    for (size_t i = 0; i + 1 < count; i++) {
        size_t length = whole[i] - (i ? whole[i - 1] : 0);

        CHECK(u, length > CHUNKER_MIN && length <= CHUNKER_MAX);
    }
    free(bytes);
}

/* What was put in front moves the cuts along with the bytes, all but the first few. */
static void cuts_move_with_the_bytes(struct unit *u)
{
    enum { LENGTH = 4 * MIB, SHIFT = 12345, MAX = LENGTH / CHUNKER_MIN + 2 };
    uint8_t *bytes = malloc(SHIFT + LENGTH);
    size_t moved[MAX], still[MAX], count, same = 0;

    noise(bytes, SHIFT + LENGTH, 2);
    count = cut_all(bytes + SHIFT, LENGTH, LENGTH, still, MAX);
    cut_all(bytes, SHIFT + LENGTH, SHIFT + LENGTH, moved, MAX);
    for (size_t i = 0, k = 0; i < count; i++) {
        while (moved[k] < still[i] + SHIFT)
            k++;
        same += moved[k] == still[i] + SHIFT;
    }
    CHECK(u, same * 10 > count * 9);
    free(bytes);
}

/* After so many chunks they are cut eight times as large, at places of the same kind. */
static void many_chunks_are_cut_large(struct unit *u)
{
    enum { LENGTH = 16 * MIB, MAX = LENGTH / CHUNKER_MIN + 2, SMALL = 10 };
    uint8_t *bytes = malloc(LENGTH);
    size_t small[MAX], ends[MAX], moved[MAX], count, same = 0, shift;

    noise(bytes, LENGTH, 2);
    cut_all(bytes, LENGTH, LENGTH, small, MAX);
    count = cut_after(SMALL, bytes, LENGTH, LENGTH, ends, MAX);
    CHECK(u, memcmp(small, ends, SMALL * sizeof(*ends)) == 0 && ends[SMALL] > small[SMALL]);
    for (size_t i = SMALL; i + 1 < count; i++) {
        size_t length = ends[i] - ends[i - 1];

        CHECK(u, length > CHUNKER_MIN << CHUNKER_DOUBLINGS && length <= LAYOUT_CHUNK_MAX);
    }
    shift = ends[SMALL] + 1000;
    cut_after(1, bytes + shift, LENGTH - shift, LENGTH, moved, MAX);
    for (size_t i = SMALL, k = 0; i < count; i++) {
        while (moved[k] + shift < ends[i])
            k++;
        same += moved[k] + shift == ends[i];
    }
    CHECK(u, same * 10 > (count - SMALL) * 7);
    free(bytes);
}

/* The places that engram(5)'s parameters give: of these bytes found by another implementation. */
static void cuts_are_where_the_format_says(struct unit *u)
{
    static const size_t expected[] = {30338, 67375, 114691, 155116, 196387, 223770, 247943, 262144};
    enum { LENGTH = MIB / 4, MAX = LENGTH / CHUNKER_MIN + 1 };
    uint8_t *bytes = malloc(LENGTH);
    size_t ends[MAX], count;

    noise(bytes, LENGTH, 3);
    count = cut_all(bytes, LENGTH, LENGTH, ends, MAX);
    CHECK(u, count == sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < count; i++)
        CHECK(u, ends[i] == expected[i]);
    free(bytes);
}

/* ---- what is stored ---- */

static void dense_data_is_told_from_other(struct unit *u)
{
    enum { LENGTH = 64 << 10 };
    uint8_t *bytes = malloc(LENGTH);

    noise(bytes, LENGTH, 4);
    CHECK(u, density_is_full(bytes, LENGTH) && density_is_full(bytes, 10000));
    CHECK(u, !density_is_full(bytes, 1000) && !density_is_full(bytes, 0));
    for (size_t i = 0; i < LENGTH; i++) /* 7 bits of 8 */
        bytes[i] &= 0x7f;
    CHECK(u, !density_is_full(bytes, LENGTH));
    memset(bytes, 0, LENGTH);
    CHECK(u, !density_is_full(bytes, LENGTH));
    for (size_t i = 0; i < LENGTH; i++) /* all values alike, but text */
        bytes[i] = (uint8_t) "0123456789abcdef"[i % 16];
    CHECK(u, !density_is_full(bytes, LENGTH));
    free(bytes);
}

/* ---- what is shared ---- */

struct made {
    struct memory memory;
    struct sink *to;
    struct engram_writer *writer;
};

static void start(struct unit *u, struct made *m, const char *rules)
{
    struct fault f;

    *m = (struct made){0};
    m->to = memory_sink(&m->memory);
    CHECK(u, engram_writer_open(m->to, rules_builtin(rules), 2, &m->writer, &f) == 0);
    CHECK(u, add_made(m->writer, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
}

static void add(struct unit *u, struct made *m, const char *path, const uint8_t *data,
                size_t length)
{
    struct fault f;

    CHECK(u, add_made(m->writer, path, ENTRY_FILE, data, length, &f) == 0);
}

static struct engram_info finish(struct unit *u, struct made *m)
{
    struct engram_info info = {0};
    struct fault f;

    CHECK(u, engram_writer_finish(m->writer, &info, &f) == 0 && sink_finish(m->to, &f) == 0);
    engram_writer_close(m->writer);
    sink_close(m->to);
    return info;
}

/* Every rule of the format holds, by the reader that checks them all. */
static void check_sound(struct unit *u, const struct made *m)
{
    struct source *s = NULL;
    struct engram *g = NULL;
    struct fault f = {0};

    CHECK(u, source_from_memory(m->memory.bytes, m->memory.length, "test", &s, &f) == 0);
    CHECK(u, engram_open(s, &g, &f) == 0 && engram_verify(g, NULL, NULL, &f) == 0);
    if (f.code)
        printf("# %s\n", f.text);
    engram_close(g);
    source_close(s);
}

/* Files that are the same, or have parts that are, are stored once. */
static void equal_data_is_stored_once(struct unit *u)
{
    enum { LENGTH = MIB };
    uint8_t *data = malloc(2 * LENGTH);
    struct engram_info info;
    struct made m;

    noise(data, 2 * LENGTH, 5);
    start(u, &m, "balanced");
    add(u, &m, "/a", data, LENGTH);
    add(u, &m, "/b", data, LENGTH);
    add(u, &m, "/c", data + 1000, LENGTH);
    info = finish(u, &m);
    CHECK(u, info.data_bytes == 3 * LENGTH);
    CHECK(u, m.memory.length < LENGTH + LENGTH / 2);
    check_sound(u, &m);
    free(m.memory.bytes);
    free(data);
}

/* The start of /b is in a block with the end of /a.  A file whose every chunk is in another block
 * than the one before would make readers decode them over and over: some chunks are stored once
 * more, and only some. */
static void sharing_costs_readers_no_more_than_allowed(struct unit *u)
{
    enum { LENGTH = 15 * MIB, MAX = LENGTH / CHUNKER_MIN, PAIRS = 30, SKIPPED = 200 };
    uint8_t *a = malloc(LENGTH), *b = malloc(LENGTH), *mixed = malloc(2 * PAIRS * CHUNKER_MAX);
    size_t a_ends[MAX], b_ends[MAX], length = 0;
    struct engram_info alone, both;
    struct made m;

    noise(a, LENGTH, 6);
    noise(b, LENGTH, 7);
    cut_all(a, LENGTH, LENGTH, a_ends, MAX);
    cut_all(b, LENGTH, LENGTH, b_ends, MAX);
    for (unsigned i = 0; i < PAIRS; i++) {
        memcpy(mixed + length, a + a_ends[i], a_ends[i + 1] - a_ends[i]);
        length += a_ends[i + 1] - a_ends[i];
        memcpy(mixed + length, b + b_ends[i + SKIPPED],
               b_ends[i + 1 + SKIPPED] - b_ends[i + SKIPPED]);
        length += b_ends[i + 1 + SKIPPED] - b_ends[i + SKIPPED];
    }
    start(u, &m, "max");
    add(u, &m, "/a", a, LENGTH);
    add(u, &m, "/b", b, LENGTH);
    alone = finish(u, &m);
    free(m.memory.bytes);
    start(u, &m, "max");
    add(u, &m, "/a", a, LENGTH);
    add(u, &m, "/b", b, LENGTH);
    add(u, &m, "/c", mixed, length);
    both = finish(u, &m);
    CHECK(u, both.chunks > alone.chunks && both.chunks < alone.chunks + 2 * PAIRS);
    check_sound(u, &m);
    free(m.memory.bytes);
    free(a);
    free(b);
    free(mixed);
}

/* Data that compresses and data that does not, in turns within one file, in blocks with others. */
static void dense_parts_of_a_file_cost_no_more_either(struct unit *u)
{
    enum { PARTS = 30, PART = 70000, OTHERS = 10 * MIB };
    uint8_t *data = calloc(PARTS, PART), *others = malloc(OTHERS);
    struct made m;

    for (unsigned i = 0; i < PARTS; i++) {
        noise(data + (size_t)i * PART, PART, 8 + i);
        for (unsigned k = 0; i % 2 && k < PART; k++)
            data[(size_t)i * PART + k] &= 0x0f;
    }
    start(u, &m, "max");
    noise(others, OTHERS, 100);
    add(u, &m, "/a", others, OTHERS);
    for (size_t i = 0; i < OTHERS; i++)
        others[i] = (uint8_t)(i >> 12);
    add(u, &m, "/b", others, OTHERS);
    add(u, &m, "/c", data, (size_t)PARTS * PART);
    finish(u, &m);
    check_sound(u, &m);
    free(m.memory.bytes);
    free(data);
    free(others);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, cuts_depend_on_nothing_but_the_bytes);
    UNIT_CASE(&u, cuts_move_with_the_bytes);
    UNIT_CASE(&u, many_chunks_are_cut_large);
    UNIT_CASE(&u, cuts_are_where_the_format_says);
    UNIT_CASE(&u, dense_data_is_told_from_other);
    UNIT_CASE(&u, equal_data_is_stored_once);
    UNIT_CASE(&u, sharing_costs_readers_no_more_than_allowed);
    UNIT_CASE(&u, dense_parts_of_a_file_cost_no_more_either);
    return unit_end(&u);
}
