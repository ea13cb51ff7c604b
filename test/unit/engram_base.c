/* SPDX-License-Identifier: MIT */
/* Engrams with a base: what they say of it is checked, and what they cost to read is bounded. */
#include <inttypes.h>

#include "engram/base.h"
#include "engram/chunker.h"
#include "engram_made.h"
#include "unit.h"

/* ---- bases in memory ---- */

/* Files that a base is looked for among. */
struct shelf {
    const struct memory *files;
    size_t count;
    struct memory fails; /* a file that cannot be read everywhere: see faulty_at */
    enum faulty_kind kind;
    uint64_t faulty_at; /* 0: all can be read */
};

/* The file with the digest that is wanted, else the first. */
static int find_on_shelf(void *context, const struct baseref *wanted, struct source **out,
                         struct fault *f)
{
    const struct shelf *s = context;
    const struct memory *m = &s->files[0];
    struct source *below;

    for (size_t i = 0; i < s->count; i++) {
        const struct memory *k = &s->files[i];

        if (memcmp(k->bytes + k->length - SHA256_BYTES, wanted->identity, SHA256_BYTES) == 0)
            m = k;
    }
    if (source_from_memory(m->bytes, m->length, "base", &below, f) < 0)
        return f->code;
    if (s->faulty_at == 0) {
        *out = below;
        return 0;
    }
    return source_faulty(below, s->kind, s->faulty_at - 1, out, f);
}

static int open_with(const struct memory *m, struct shelf *shelf, struct source **s,
                     struct engram **g, struct fault *f)
{
    const struct base_finder finder = {find_on_shelf, shelf};

    *s = NULL;
    *g = NULL;
    if (source_from_memory(m->bytes, m->length, "test", s, f) < 0)
        return f->code;
    return engram_open_based(*s, shelf ? &finder : NULL, g, f);
}

/* Open and verify. */
static int verify_with(const struct memory *m, struct shelf *shelf, struct fault *f)
{
    struct source *s;
    struct engram *g;
    int rc = open_with(m, shelf, &s, &g, f);

    if (rc == 0)
        rc = engram_verify(g, NULL, NULL, f);
    engram_close(g);
    source_close(s);
    return rc;
}

static int walk_with(const struct memory *m, struct shelf *shelf, struct memory *walked,
                     struct fault *f)
{
    struct source *s;
    struct engram *g;
    int rc = open_with(m, shelf, &s, &g, f);

    if (rc == 0)
        rc = walk_into(g, walked, f);
    engram_close(g);
    source_close(s);
    return rc;
}

static char xs[20], ys[30], zs[10];

/* A file of x and one of y; with a base also one of z. */
static struct memory written(struct unit *u, const struct memory *base)
{
    struct engram_writer_base on = {.name = "base.engram"};
    struct engram_writer *w = NULL;
    struct engram *g = NULL;
    struct source *s = NULL;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;

    memset(xs, 'x', sizeof(xs));
    memset(ys, 'y', sizeof(ys));
    memset(zs, 'z', sizeof(zs));
    if (base)
        CHECK(u, open_with(base, NULL, &s, &g, &f) == 0);
    on.engram = g;
    CHECK(u, engram_writer_open_based(to, small_blocks(), 1, base ? &on : NULL, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/f", ENTRY_FILE, xs, sizeof(xs), &f) == 0);
    CHECK(u, add_made(w, "/g", ENTRY_FILE, ys, sizeof(ys), &f) == 0);
    if (base)
        CHECK(u, add_made(w, "/h", ENTRY_FILE, zs, sizeof(zs), &f) == 0);
    info = finish_made(u, w, to);
    CHECK(u, info.size == m.length && info.chunks == (base ? 3 : 2));
    CHECK(u, info.own_chunks == (base ? 1 : 2) && info.required == (base ? 1 : 0));
    engram_close(g);
    source_close(s);
    return m;
}

/* ---- another base section in place of the right one ---- */

/* What is to be wrong; all zero it is right. */
struct section {
    struct baseref_run runs[3];
    uint32_t run_count; /* 0: one run, of the base's both chunks */
    uint32_t chunks;    /* by the footer, if not 0 */
    const char *name;   /* NULL: the right one */
    size_t name_length; /* of it, if it has a NUL in it */
    uint32_t flip;      /* not 0: the byte before this offset of the section is another */
    uint32_t cut;       /* not 0: the section has only so many bytes */
    int32_t claim;      /* added to its length in the footer */
    bool feature_only, section_only;
};

/* Where the parts of an engram are that has one block, one leaf and a base. */
struct parts {
    struct layout_footer footer;
    const uint8_t *tables, *section, *chunks, *end;
};

static struct parts parts_of(const struct memory *m)
{
    struct parts p;
    struct fault f;

    p.end = m->bytes + m->length - LAYOUT_FOOTER_BYTES;
    layout_get_footer(p.end, &p.footer, &f);
    p.tables = m->bytes + p.footer.tables_offset + LAYOUT_FRAME_BYTES;
    p.section = p.tables + (size_t)p.footer.blocks * LAYOUT_BLOCK_ROW +
                (size_t)p.footer.leaves * LAYOUT_LEAF_ROW;
    p.chunks = p.section + p.footer.base_bytes;
    return p;
}

static size_t put_section(uint8_t *at, const struct section *s, const struct memory *base)
{
    static const struct baseref_run right = {0, 2, 0};
    uint32_t runs = s->run_count ? s->run_count : 1;
    const char *name = s->name ? s->name : "base.engram";
    size_t name_length = s->name_length ? s->name_length : strlen(name), length;

    memcpy(at, base->bytes + base->length - SHA256_BYTES, SHA256_BYTES);
    put_le64(at + 32, base->length);
    put_le32(at + 40, runs);
    put_le32(at + 44, (uint32_t)name_length);
    for (uint32_t i = 0; i < runs; i++) {
        const struct baseref_run *run = s->run_count ? &s->runs[i] : &right;

        put_le32(at + 48 + 12 * i, run->first);
        put_le32(at + 52 + 12 * i, run->count);
        put_le32(at + 56 + 12 * i, run->from);
    }
    length = 48 + 12 * runs;
    memset(at + length, 0, name_length + 3);
    memcpy(at + length, name, name_length);
    length += (name_length + 3) / 4 * 4;
    if (s->flip)
        at[s->flip - 1] ^= 1;
    return s->cut ? s->cut : length;
}

/* The engram with this section instead, all digests right. */
static struct memory with_section(const struct memory *m, const struct section *s,
                                  const struct memory *base)
{
    struct parts p = parts_of(m);
    uint8_t section[1024], frame[LAYOUT_FRAME_BYTES], end[LAYOUT_FOOTER_BYTES];
    size_t length = put_section(section, s, base), rows = (size_t)(p.end - p.chunks);
    size_t before = (size_t)(p.section - p.tables);
    struct memory out = {0};
    struct fault f;

    p.footer.base_bytes = s->feature_only ? 0 : (uint32_t)length + (uint32_t)s->claim;
    if (s->section_only)
        p.footer.required = 0;
    if (s->chunks)
        p.footer.chunks = s->chunks;
    layout_put_frame(frame, LAYOUT_TABLES, (uint32_t)(before + length + rows));
    memory_add(&out, m->bytes, p.footer.tables_offset, &f);
    memory_add(&out, frame, sizeof(frame), &f);
    memory_add(&out, p.tables, before, &f);
    memory_add(&out, section, length, &f);
    memory_add(&out, p.chunks, rows, &f);
    layout_put_header(out.bytes, &p.footer);
    sha256_of(out.bytes + p.footer.tables_offset + sizeof(frame), before + length + rows,
              p.footer.tables);
    layout_put_footer(end, &p.footer);
    memory_add(&out, end, sizeof(end), &f);
    return out;
}

static void expect_verdict(struct unit *u, const struct section *s, int code, const char *text)
{
    struct memory base = written(u, NULL), top = written(u, &base);
    struct memory m = with_section(&top, s, &base);
    struct shelf shelf = {.files = &base, .count = 1};
    struct fault f = {.text = ""};
    int rc = verify_with(&m, &shelf, &f);

    if (rc != code || (code != 0 && !strstr(f.text, text))) {
        printf("# %d \"%s\", wanted %d \"%s\"\n", rc, f.text, code, text);
        u->ok = false;
    }
    free(m.bytes);
    free(top.bytes);
    free(base.bytes);
}

static void what_is_written_has_the_section_that_is_right(struct unit *u)
{
    struct memory base = written(u, NULL), top = written(u, &base);
    struct memory m = with_section(&top, &(struct section){0}, &base);
    struct shelf shelf = {.files = &base, .count = 1};
    struct fault f;

    CHECK(u, m.length == top.length && memcmp(m.bytes, top.bytes, m.length) == 0);
    CHECK(u, verify_with(&m, &shelf, &f) == 0);
    CHECK(u, verify_with(&m, NULL, &f) == FAULT_UNSUPPORTED);
    CHECK(u, strcmp(f.text, "it has a base, \"base.engram\", which is not looked for here") == 0);
    free(m.bytes);
    free(top.bytes);
    free(base.bytes);
}

static void runs_out_of_range_are_refused(struct unit *u)
{
    static const struct {
        struct baseref_run run;
        const char *text;
    } cases[] = {
        {{0, 0, 0}, "tables: base run 0 (0, 0, 0) is out of range of 3 chunks"},
        {{3, 1, 0}, "tables: base run 0 (3, 1, 0) is out of range of 3 chunks"},
        {{2, 2, 0}, "tables: base run 0 (2, 2, 0) is out of range of 3 chunks"},
        {{UINT32_MAX, 2, 0}, "tables: base run 0 (4294967295, 2, 0) is out of range of 3 chunks"},
        {{2, UINT32_MAX, 0}, "tables: base run 0 (2, 4294967295, 0) is out of range of 3 chunks"},
        {{0, 2, UINT32_MAX}, "tables: base run 0 (0, 2, 4294967295) is out of range of 3 chunks"},
        {{0, 2, 1}, "tables: base run 0: the base has 2 chunks, not 2 from 1 on"},
        {{0, 2, UINT32_MAX - 1}, "the base has 2 chunks, not 2 from 4294967294 on"},
        {{0, 1, 0}, "tables: 1 rows of chunks and 1 chunks of the base, but the footer counts 3"},
        {{0, 3, 0}, "tables: 1 rows of chunks and 3 chunks of the base, but the footer counts 3"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_verdict(u, &(struct section){.runs = {cases[i].run}, .run_count = 1}, FAULT_DAMAGED,
                       cases[i].text);
}

static void runs_that_are_not_canonical_are_refused(struct unit *u)
{
    const char *text = "tables: base runs 0 and 1 are out of order, overlap or are one";

    expect_verdict(u, &(struct section){.runs = {{0, 1, 0}, {1, 1, 1}}, .run_count = 2},
                   FAULT_DAMAGED, text);
    expect_verdict(u, &(struct section){.runs = {{0, 1, 0}, {0, 1, 1}}, .run_count = 2},
                   FAULT_DAMAGED, text);
    expect_verdict(u, &(struct section){.runs = {{0, 2, 0}, {1, 1, 0}}, .run_count = 2},
                   FAULT_DAMAGED, text);
    expect_verdict(u, &(struct section){.runs = {{1, 1, 1}, {0, 1, 0}}, .run_count = 2},
                   FAULT_DAMAGED, text);
    expect_verdict(
        u, &(struct section){.runs = {{0, 2, 0}, {2, 1, 0}}, .run_count = 2, .chunks = 4},
        FAULT_DAMAGED, "tables: base runs 0 to 1 have more chunks than the base, which has 2");
    /* In order, and other chunks than it should be: the files' sizes say so. */
    expect_verdict(u, &(struct section){.runs = {{0, 1, 1}, {1, 1, 0}}, .run_count = 2},
                   FAULT_DAMAGED, "its chunks do not add up to its data");
    /* The own chunk first. */
    expect_verdict(u, &(struct section){.runs = {{1, 2, 0}}, .run_count = 1}, FAULT_DAMAGED,
                   "its chunks do not add up to its data");
}

static void names_that_are_none_are_refused(struct unit *u)
{
    static const char *const names[] = {".", "..", "a/b", "/", "../base.engram", "base.engram/"};
    char longest[257];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect_verdict(u, &(struct section){.name = names[i]}, FAULT_DAMAGED, "is no file's name");
    expect_verdict(u, &(struct section){.name = "a\0b", .name_length = 3}, FAULT_DAMAGED,
                   "tables: the base's name of 3 bytes is no file's name");
    expect_verdict(u, &(struct section){.name = ""}, FAULT_DAMAGED,
                   "tables: the base's name of 0 bytes is no file's name");
    memset(longest, 'n', sizeof(longest));
    longest[256] = '\0';
    expect_verdict(u, &(struct section){.name = longest}, FAULT_DAMAGED,
                   "tables: the base's name of 256 bytes is no file's name");
    longest[255] = '\0';
    expect_verdict(u, &(struct section){.name = longest}, 0, "");
    expect_verdict(u, &(struct section){.name = "..."}, 0, "");
    /* "base.engram" has 11 bytes, and one that pads them. */
    expect_verdict(u, &(struct section){.flip = 72}, FAULT_DAMAGED,
                   "tables: the base's name is not padded with zeros");
}

static void lengths_that_do_not_fit_are_refused(struct unit *u)
{
    expect_verdict(u, &(struct section){.flip = 41}, FAULT_DAMAGED,
                   "tables: 0 base runs and a name of 11 bytes do not fill a base section of 72");
    expect_verdict(u, &(struct section){.flip = 44}, FAULT_DAMAGED,
                   "tables: 16777217 base runs and a name of 11 bytes do not fill a base section");
    expect_verdict(u, &(struct section){.flip = 48}, FAULT_DAMAGED,
                   "tables: 1 base runs and a name of 16777227 bytes do not fill a base section");
    expect_verdict(u, &(struct section){.cut = 44}, FAULT_DAMAGED,
                   "tables: the base section has only 44 bytes");
    expect_verdict(u, &(struct section){.cut = 68}, FAULT_DAMAGED,
                   "tables: 1 base runs and a name of 11 bytes do not fill a base section of 68");
    expect_verdict(u, &(struct section){.claim = 4}, FAULT_DAMAGED, "do not fit an engram of");
    expect_verdict(u, &(struct section){.claim = INT32_MAX - 100}, FAULT_DAMAGED,
                   "do not fit an engram of");
    expect_verdict(u, &(struct section){.claim = 40}, FAULT_DAMAGED,
                   "tables: 1 base runs and a name of 11 bytes do not fill a base section of 112");
    expect_verdict(u, &(struct section){.claim = -40}, FAULT_DAMAGED,
                   "tables: the base section has only 32 bytes");
    expect_verdict(u, &(struct section){.feature_only = true}, FAULT_DAMAGED,
                   "its length or a reserved field is wrong");
    expect_verdict(u, &(struct section){.section_only = true}, FAULT_DAMAGED,
                   "its length or a reserved field is wrong");
    expect_verdict(u, &(struct section){.chunks = UINT32_MAX}, FAULT_DAMAGED,
                   "tables: 1 rows of chunks and 2 chunks of the base, but the footer counts "
                   "4294967295");
}

static void another_base_is_refused(struct unit *u)
{
    expect_verdict(u, &(struct section){.flip = 1}, FAULT_DAMAGED,
                   "base \"base.engram\" is not the one this engram was packed against: its digest "
                   "is ");
    expect_verdict(u, &(struct section){.flip = 33}, FAULT_DAMAGED, " bytes, not ");
}

/* ---- damage ---- */

/* Whatever happens to a byte of *m, one of the shelf's: what is walked is right, or it is told. */
static void flip_each(struct unit *u, struct memory *m, const struct memory *top,
                      struct shelf *shelf, bool all)
{
    struct memory whole = {0}, walked;
    struct fault f;

    CHECK(u, walk_with(top, shelf, &whole, &f) == 0);
    for (size_t at = 0; at < m->length; at++) {
        m->bytes[at] ^= 0x41;
        walked = (struct memory){0};
        if (walk_with(top, shelf, &walked, &f) == 0) {
            CHECK(u, !all);
            CHECK(u, walked.length == whole.length &&
                         memcmp(walked.bytes, whole.bytes, whole.length) == 0);
        }
        free(walked.bytes);
        m->bytes[at] ^= 0x41;
    }
    free(whole.bytes);
}

static void each_flipped_byte_is_found(struct unit *u)
{
    struct memory base = written(u, NULL), top = written(u, &base);
    struct shelf shelf = {.files = &base, .count = 1};

    flip_each(u, &top, &top, &shelf, true);
    flip_each(u, &base, &top, &shelf, false); /* its leaf is not looked at */
    free(top.bytes);
    free(base.bytes);
}

static void each_failing_read_of_the_base_is_told(struct unit *u)
{
    struct memory base = written(u, NULL), top = written(u, &base);
    struct shelf shelf = {.files = &base, .count = 1};
    struct fault f;

    for (uint64_t at = 1; at <= base.length; at++) {
        shelf.faulty_at = at;
        shelf.kind = FAULTY_ERROR;
        CHECK(u, verify_with(&top, &shelf, &f) == FAULT_SYSTEM);
        CHECK(u, strcmp(f.subject, "base") == 0);
        shelf.kind = FAULTY_SHORT;
        CHECK(u, verify_with(&top, &shelf, &f) == FAULT_DAMAGED);
    }
    free(top.bytes);
    free(base.bytes);
}

/* ---- chains ---- */

static void chains_have_a_bound(struct unit *u)
{
    struct memory files[LAYOUT_BASES_MAX + 2];
    struct shelf shelf = {.files = files, .count = LAYOUT_BASES_MAX + 2};
    struct fault f;

    files[0] = written(u, NULL);
    files[1] = written(u, &files[0]);
    for (size_t i = 2; i < shelf.count; i++)
        files[i] = with_section(&files[1], &(struct section){0}, &files[i - 1]);
    CHECK(u, verify_with(&files[LAYOUT_BASES_MAX], &shelf, &f) == 0);
    CHECK(u, verify_with(&files[LAYOUT_BASES_MAX + 1], &shelf, &f) == FAULT_UNSUPPORTED);
    CHECK(u, strcmp(f.text, "its base \"base.engram\" would be the 17th of a chain (16 at most)") ==
                 0);
    for (size_t i = 0; i < shelf.count; i++)
        free(files[i].bytes);
}

/* ---- what a base costs ---- */

enum { PIECES = 4, BLOCK_CHUNKS = LAYOUT_BLOCK_MAX / LAYOUT_CHUNK_MAX + 1 };

/* Bytes that hardly compress, the same each time. */
static void fill(uint8_t *bytes, size_t length)
{
    uint32_t state = 1;

    for (size_t i = 0; i < length; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(state >> 24);
    }
}

/* The rows of a base with, for each piece, a block as large as can be: the piece, and much else. */
static size_t put_pieces(uint8_t *at, const uint8_t *data, const uint32_t *lengths)
{
    static const uint8_t stored[16];
    struct layout_block block = {.stored = sizeof(stored), .unpacked = LAYOUT_BLOCK_MAX};
    uint8_t *start = at;

    sha256_of(stored, sizeof(stored), block.sha256);
    for (uint32_t i = 0; i < PIECES; i++, at += LAYOUT_BLOCK_ROW)
        layout_put_block(at, &block);
    for (uint32_t i = 0; i < PIECES; i++, data += lengths[i - 1]) {
        struct layout_chunk chunk = {.block = i, .length = lengths[i]};

        sha256_of(data, lengths[i], chunk.sha256);
        for (uint32_t k = 0; k < BLOCK_CHUNKS; k++, at += LAYOUT_CHUNK_ROW) {
            layout_put_chunk(at, &chunk);
            chunk.length = k == 0 ? LAYOUT_CHUNK_MAX - lengths[i] : LAYOUT_CHUNK_MAX;
            memset(chunk.sha256, (int)(1 + k), sizeof(chunk.sha256));
        }
    }
    return (size_t)(at - start);
}

/* An engram without entries, whose blocks nothing can decode. */
static struct memory costly(const uint8_t *data, const uint32_t *lengths)
{
    struct layout_footer footer = {.version = LAYOUT_VERSION,
                                   .chunks = PIECES * BLOCK_CHUNKS,
                                   .blocks = PIECES,
                                   .tables_offset = LAYOUT_HEADER_BYTES + 16 * PIECES};
    uint8_t bytes[16384] = {0}, *at = bytes + footer.tables_offset;
    struct memory m = {0};
    struct fault f;
    size_t n = put_pieces(at + LAYOUT_FRAME_BYTES, data, lengths);

    layout_put_header(bytes, &footer);
    layout_put_frame(at, LAYOUT_TABLES, (uint32_t)n);
    sha256_of(at + LAYOUT_FRAME_BYTES, n, footer.tables);
    at += LAYOUT_FRAME_BYTES + n;
    layout_put_footer(at, &footer);
    memory_add(&m, bytes, (size_t)(at + LAYOUT_FOOTER_BYTES - bytes), &f);
    return m;
}

/* Find the file in what was written against the base. */
static int find_file(const struct memory *m, struct shelf *shelf, struct fault *f)
{
    struct engram_item item = {0};
    struct source *s;
    struct engram *g;
    bool found = false;
    int rc = open_with(m, shelf, &s, &g, f);

    if (rc == 0)
        rc = engram_find(g, "/f", &item, &found, f);
    engram_item_free(&item);
    engram_close(g);
    source_close(s);
    return rc == 0 && !found ? FAULT_SYSTEM : rc;
}

static void a_base_that_would_cost_too_much_is_not_used(struct unit *u)
{
    static uint8_t data[PIECES * CHUNKER_MAX];
    uint32_t lengths[PIECES];
    struct chunker cutter;
    struct engram_writer_base on = {.name = "base.engram"};
    struct engram_writer *w = NULL;
    struct engram_info info = {0};
    struct engram *g;
    struct source *s;
    struct memory base, m = {0};
    struct sink *to = memory_sink(&m);
    struct shelf shelf = {.files = &base, .count = 1};
    struct fault f;
    size_t at = 0;

    fill(data, sizeof(data));
    chunker_start(&cutter, CHUNKER_SMALL_CHUNKS);
    for (size_t i = 0; i < PIECES; at += lengths[i++])
        lengths[i] = (uint32_t)chunker_cut(&cutter, data + at, sizeof(data) - at, false);
    base = costly(data, lengths);
    CHECK(u, open_with(&base, NULL, &s, &g, &f) == 0);
    on.engram = g;
    CHECK(u, engram_writer_open_based(to, small_blocks(), 1, &on, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/f", ENTRY_FILE, data, at, &f) == 0);
    CHECK(u, engram_writer_finish(w, &info, &f) == 0 && sink_finish(to, &f) == 0);
    CHECK(u, info.chunks == PIECES);
    CHECK(u, info.own_chunks > 0 && info.own_chunks < PIECES);
    CHECK(u, find_file(&m, &shelf, &f) == 0);
    engram_writer_close(w);
    sink_close(to);
    engram_close(g);
    source_close(s);
    free(m.bytes);
    free(base.bytes);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, what_is_written_has_the_section_that_is_right);
    UNIT_CASE(&u, runs_out_of_range_are_refused);
    UNIT_CASE(&u, runs_that_are_not_canonical_are_refused);
    UNIT_CASE(&u, names_that_are_none_are_refused);
    UNIT_CASE(&u, lengths_that_do_not_fit_are_refused);
    UNIT_CASE(&u, another_base_is_refused);
    UNIT_CASE(&u, each_flipped_byte_is_found);
    UNIT_CASE(&u, each_failing_read_of_the_base_is_told);
    UNIT_CASE(&u, chains_have_a_bound);
    UNIT_CASE(&u, a_base_that_would_cost_too_much_is_not_used);
    return unit_end(&u);
}
