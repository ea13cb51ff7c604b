/* SPDX-License-Identifier: MIT */
/* A damaged engram is never taken for a whole one: each byte flipped, each cut, each read failing.
 */
#include <inttypes.h>

#include "engram_made.h"
#include "unit.h"

/* A directory, two files with data, one with none, a link: every region of the format. */
static struct memory small_engram(struct unit *u)
{
    static const char text[] = "the quick brown fox jumps over the lazy dog, again and again";
    struct engram_writer *w;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    struct fault f;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/a", ENTRY_FILE, text, sizeof(text), &f) == 0);
    CHECK(u, add_made(w, "/b.gz", ENTRY_FILE, text, 20, &f) == 0);
    CHECK(u, add_made(w, "/empty", ENTRY_FILE, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/link", ENTRY_SYMLINK, NULL, 0, &f) == 0);
    info = finish_made(u, w, to);
    CHECK(u, info.size == m.length);
    CHECK(u, info.blocks == 2 && info.chunks == 2 && info.leaves == 1 && info.entries == 5);
    return m;
}

static void check_flip(struct unit *u, struct memory *m, const struct memory *whole, size_t at,
                       uint8_t mask)
{
    struct memory walked = {0};
    struct fault f;

    m->bytes[at] ^= mask;
    if (verify_bytes(m->bytes, m->length, &f) != FAULT_DAMAGED) {
        printf("# byte %zu ^ 0x%02x: not found\n", at, mask);
        u->ok = false;
    }
    if (walk_bytes(m->bytes, m->length, &walked, &f) == 0) {
        CHECK(u, walked.length == whole->length);
        CHECK(u, memcmp(walked.bytes, whole->bytes, whole->length) == 0);
    }
    free(walked.bytes);
    m->bytes[at] ^= mask;
}

static void each_flipped_byte_is_found(struct unit *u)
{
    struct memory m = small_engram(u), whole = {0};
    struct fault f;

    CHECK(u, verify_bytes(m.bytes, m.length, &f) == 0);
    CHECK(u, walk_bytes(m.bytes, m.length, &whole, &f) == 0);
    for (size_t at = 0; at < m.length; at++) {
        check_flip(u, &m, &whole, at, 0xff);
        check_flip(u, &m, &whole, at, 0x01);
        check_flip(u, &m, &whole, at, 0x80);
    }
    free(whole.bytes);
    free(m.bytes);
}

static void each_cut_is_found(struct unit *u)
{
    struct memory m = small_engram(u);
    struct fault f;

    for (size_t length = 0; length < m.length; length++)
        CHECK(u, verify_bytes(m.bytes, length, &f) == FAULT_DAMAGED);
    free(m.bytes);
}

static void a_byte_too_many_is_found(struct unit *u)
{
    struct memory m = small_engram(u);
    struct fault f;

    memory_add(&m, "", 1, &f);
    CHECK(u, verify_bytes(m.bytes, m.length, &f) == FAULT_DAMAGED);
    free(m.bytes);
}

/* A source over m that fails as planned. */
static struct source *failing(const struct memory *m, enum faulty_kind kind, uint64_t offset)
{
    struct source *below, *s = NULL;
    struct fault f;

    if (source_from_memory(m->bytes, m->length, "test", &below, &f) == 0)
        source_faulty(below, kind, offset, &s, &f);
    return s;
}

static void each_failing_read_is_told(struct unit *u)
{
    struct memory m = small_engram(u);
    struct fault f;

    for (size_t at = 0; at < m.length; at++) {
        CHECK(u, verify_source(failing(&m, FAULTY_ERROR, at), &f) == FAULT_SYSTEM);
        CHECK(u, verify_source(failing(&m, FAULTY_SHORT, at), &f) == FAULT_DAMAGED);
    }
    free(m.bytes);
}

/* ---- engrams that are whole in every digest, but say what must not be ---- */

/* One block with these chunks, one leaf with these bytes. */
struct hostile {
    struct layout_footer footer; /* version, features, and what differs from the truth */
    struct layout_block block;
    struct layout_leaf leaf;
    struct layout_chunk chunk[3];
    uint8_t data[64];
    uint8_t leaf_bytes[1024];
    size_t leaf_length;
    bool keep_offset;                              /* footer.tables_offset is as wanted */
    void (*twist)(uint8_t *frame, size_t *length); /* of the block, before it is hashed; or NULL */
    uint32_t payload_off;                          /* added to the payload's length in the leaf */
    bool wrong_tree;                               /* a byte of the tree digest is */
    uint32_t footer_byte; /* not 0: the byte there is 1, in a footer that is signed */
};

/* Is there a SHA-256 after the runs?  Of two chunks; for counts out of range there is no room. */
static bool has_digest(const uint8_t *runs, uint32_t run_count)
{
    uint64_t chunks = 0;

    for (uint32_t i = 0; i < run_count; i++)
        chunks += le32_at(runs + (size_t)i * 8 + 4);
    return chunks == 2;
}

static void put_runs(struct hostile *h, struct entry e, const struct engram_run *runs,
                     uint32_t run_count)
{
    struct record_text text = {0};
    uint8_t *at = h->leaf_bytes + h->leaf_length;
    struct fault f;

    record_append(&text, &e, &f);
    put_le32(at, (uint32_t)text.length);
    put_le32(at + 4, run_count);
    memcpy(at + 8, text.bytes, text.length);
    at += 8 + text.length;
    for (uint32_t i = 0; i < run_count; i++) {
        put_le32(at, runs[i].first);
        put_le32(at + 4, runs[i].count);
        at += 8;
    }
    if (has_digest(at - (size_t)run_count * 8, run_count)) {
        sha256_of(h->data, 50, at);
        at += SHA256_BYTES;
    }
    h->leaf_length = (size_t)(at - h->leaf_bytes);
    h->leaf.entries++;
    h->footer.entries++;
    h->footer.data_bytes += entry_data_bytes(&e);
    record_free(&text);
    entry_free(&e);
}

static void put_entry(struct hostile *h, struct entry e, uint32_t first, uint32_t count)
{
    put_runs(h, e, &(struct engram_run){first, count}, count != 0);
}

/* Right in everything: two chunks, 20 and 30 bytes, of which two files are one each. */
static struct hostile *harmless(void)
{
    struct hostile *h = calloc(1, sizeof(*h));

    memset(h->data, 'x', 20);
    memset(h->data + 20, 'y', 30);
    h->chunk[0].length = 20;
    h->chunk[1].length = 30;
    sha256_of(h->data, 20, h->chunk[0].sha256);
    sha256_of(h->data + 20, 30, h->chunk[1].sha256);
    h->block.unpacked = 50;
    h->footer.version = LAYOUT_VERSION;
    h->footer.chunks = 2;
    h->footer.blocks = h->footer.leaves = 1;
    put_entry(h, made_entry("/", ENTRY_DIRECTORY, 0), 0, 0);
    return h;
}

static struct hostile *two_files(void)
{
    struct hostile *h = harmless();

    put_entry(h, made_entry("/f", ENTRY_FILE, 20), 0, 1);
    put_entry(h, made_entry("/g", ENTRY_FILE, 30), 1, 1);
    return h;
}

static void put_tree_digest(struct hostile *h)
{
    struct sha256 *tree = NULL;
    struct fault f;

    if (sha256_open(&tree, &f) < 0)
        return;
    for (size_t at = 0; at + 8 <= h->leaf_length;) {
        uint32_t record = le32_at(h->leaf_bytes + at), runs = le32_at(h->leaf_bytes + at + 4);

        if (record > h->leaf_length - at - 8)
            break; /* a broken leaf, which is found before the digest is looked at */
        sha256_update(tree, h->leaf_bytes + at + 8, record);
        at += 8 + record;
        if (has_digest(h->leaf_bytes + at, runs)) {
            at += (size_t)runs * 8;
            sha256_update(tree, h->leaf_bytes + at, SHA256_BYTES);
            at += SHA256_BYTES;
        } else if (runs) {
            sha256_update(tree, h->chunk[le32_at(h->leaf_bytes + at)].sha256, SHA256_BYTES);
            at += (size_t)runs * 8;
        }
    }
    sha256_finish(tree, h->footer.tree);
    h->footer.tree[0] ^= h->wrong_tree;
    sha256_close(tree);
}

/* Put it together with right digests; then `unpacked` numbers, counts and rows are as h has them.
 */
static struct memory assemble(struct hostile *h)
{
    uint8_t bytes[4096], *at = bytes + LAYOUT_HEADER_BYTES, *tables;
    struct frame_packer *packer = NULL;
    struct memory m = {0};
    struct fault f;
    size_t n = 0;

    frame_packer_open(&packer, &f);
    layout_put_header(bytes, &h->footer);
    frame_pack(packer, &(struct frame_settings){1, 1 << 20, false}, h->data, 50, at, &n, &f);
    if (h->twist)
        h->twist(at, &n);
    h->block.stored = (uint32_t)n;
    sha256_of(at, n, h->block.sha256);
    at += n;
    frame_pack(packer, &(struct frame_settings){1, 1 << 20, false}, h->leaf_bytes, h->leaf_length,
               at + 8, &n, &f);
    frame_packer_close(packer);
    layout_put_frame(at, LAYOUT_LEAF, (uint32_t)n + h->payload_off);
    h->leaf.stored = (uint32_t)n + 8;
    if (h->leaf.unpacked == 0)
        h->leaf.unpacked = (uint32_t)h->leaf_length;
    sha256_of(at, n + 8, h->leaf.sha256);
    at += n + 8;
    if (!h->keep_offset)
        h->footer.tables_offset = (uint64_t)(at - bytes);
    tables = at + 8;
    layout_put_block(tables, &h->block);
    layout_put_leaf(tables + LAYOUT_BLOCK_ROW, &h->leaf);
    for (size_t i = 0; i < 3; i++)
        layout_put_chunk(tables + LAYOUT_BLOCK_ROW + LAYOUT_LEAF_ROW + i * LAYOUT_CHUNK_ROW,
                         &h->chunk[i]);
    n = (size_t)LAYOUT_BLOCK_ROW + LAYOUT_LEAF_ROW + h->footer.chunks * LAYOUT_CHUNK_ROW;
    layout_put_frame(at, LAYOUT_TABLES, (uint32_t)n);
    sha256_of(tables, n, h->footer.tables);
    put_tree_digest(h);
    layout_put_footer(tables + n, &h->footer);
    if (h->footer_byte) {
        tables[n + h->footer_byte] = 1;
        sha256_of(tables + n, LAYOUT_FOOTER_BYTES - SHA256_BYTES,
                  tables + n + LAYOUT_FOOTER_BYTES - SHA256_BYTES);
    }
    memory_add(&m, bytes, (size_t)(tables + n + LAYOUT_FOOTER_BYTES - bytes), &f);
    return m;
}

/* Write `number` in place of the first `mark` in a text. */
static void fill_mark(char *text, const char *mark, uint64_t number)
{
    char *at = strstr(text, mark);
    char rest[512];

    if (!at)
        return;
    snprintf(rest, sizeof(rest), "%s", at + strlen(mark));
    sprintf(at, "%" PRIu64 "%s", number, rest);
}

/* Keeps the first text that it is told, of 200 bytes at most. */
static void keep_first(void *context, enum notice_kind kind, const char *subject, const char *text)
{
    char *first = context;

    (void)kind;
    (void)subject;
    if (!*first)
        snprintf(first, 200, "%s", text);
}

/* Assemble h, which is freed, and expect this verdict, or that this is told first.  What zstd's
 * version decides is marked in the text: {leaf}, where the leaf starts; {stored}, its length;
 * {size}, of the engram. */
static void expect_verdict(struct unit *u, struct hostile *h, int code, const char *text)
{
    struct memory m = assemble(h);
    char wanted[512], first[200] = "";
    struct notices n = {.say = keep_first, .context = first};
    struct source *s = NULL;
    struct fault f = {.text = ""};
    int rc = source_from_memory(m.bytes, m.length, "test", &s, &f);

    if (rc == 0)
        rc = verify_telling(s, &n, &f);

    snprintf(wanted, sizeof(wanted), "%s", text);
    fill_mark(wanted, "{leaf}", LAYOUT_HEADER_BYTES + h->block.stored);
    fill_mark(wanted, "{stored}", h->leaf.stored);
    fill_mark(wanted, "{unpacked}", h->leaf_length);
    fill_mark(wanted, "{payload}", h->leaf.stored - 8);
    fill_mark(wanted, "{more}", h->leaf.stored - 7);
    fill_mark(wanted, "{size}", m.length);
    fill_mark(wanted, "{footer}", m.length - LAYOUT_FOOTER_BYTES);
    if (rc != code || (code != 0 && strcmp(f.text, wanted) != 0 && strcmp(first, wanted) != 0)) {
        printf("# %d \"%s\", wanted %d \"%s\"\n", rc, f.text, code, wanted);
        u->ok = false;
    }
    free(m.bytes);
    free(h);
}

static void the_harmless_one_is_fine(struct unit *u)
{
    expect_verdict(u, two_files(), 0, "");
}

static void unknown_versions_and_features_are_refused_by_name(struct unit *u)
{
    struct hostile *h = two_files();

    h->footer.version = 2;
    expect_verdict(u, h, FAULT_UNSUPPORTED, "engram version 2 (this reads version 1)");
    h = two_files();
    h->footer.required = 0x28;
    expect_verdict(u, h, FAULT_UNSUPPORTED,
                   "required engram feature 3 (feature bits 0x28) is not known");
    h = two_files();
    h->footer.optional = 0x28;
    expect_verdict(u, h, 0, "");
}

static void tables_out_of_range_are_refused(struct unit *u)
{
    struct hostile *h = two_files();

    h->chunk[1].block = 1;
    expect_verdict(u, h, FAULT_DAMAGED, "tables: chunk 1 of 30 bytes in block 1: out of range");
    h = two_files();
    h->chunk[1].length = 31;
    expect_verdict(u, h, FAULT_DAMAGED, "tables: chunk 1 of 31 bytes in block 0: out of range");
    h = two_files();
    h->chunk[1].length = 0;
    expect_verdict(u, h, FAULT_DAMAGED, "tables: chunk 1 of 0 bytes in block 0: out of range");
    h = two_files();
    h->block.unpacked = 51;
    expect_verdict(u, h, FAULT_DAMAGED,
                   "tables: block 0 unpacks to 51 bytes, but its chunks have 50");
    h = two_files();
    h->block.profile = PROFILE_COUNT;
    expect_verdict(u, h, FAULT_DAMAGED, "tables: block 0 has profile 9");
    h = two_files();
    h->footer.entries = 4;
    expect_verdict(u, h, FAULT_DAMAGED,
                   "tables: the leaves have 3 entries, but the footer counts 4");
    h = two_files();
    h->keep_offset = true;
    h->footer.tables_offset = UINT64_MAX - 3;
    expect_verdict(u, h, FAULT_DAMAGED,
                   "footer: 168 bytes of tables at offset 18446744073709551612 do not fit an "
                   "engram of {size} bytes");
}

static void what_unpacks_to_another_length_is_refused(struct unit *u)
{
    struct hostile *h = two_files();

    h->block.unpacked = 51;
    h->chunk[1].length = 31;
    expect_verdict(u, h, FAULT_DAMAGED,
                   "leaf 0 at offset {leaf}: entry 2: its chunks do not add up to "
                   "its data");
    h = two_files();
    h->leaf.unpacked = LAYOUT_LEAF_SHARED;
    expect_verdict(
        u, h, FAULT_DAMAGED,
        "leaf 0 at offset {leaf} ({stored} bytes, entries 0 to 2): its zstd frame does not claim "
        "1048576 bytes of content");
    h = two_files();
    h->leaf.unpacked = LAYOUT_LEAF_MAX + 1;
    expect_verdict(
        u, h, FAULT_DAMAGED,
        "tables: leaf 0 at offset {leaf} has {stored} bytes, 67108865 unpacked, 3 entries: out "
        "of range");
}

static void entries_out_of_place_are_refused(struct unit *u)
{
    struct hostile *h = harmless();

    put_entry(h, made_entry("/g", ENTRY_FILE, 20), 0, 1);
    put_entry(h, made_entry("/f", ENTRY_FILE, 30), 1, 1);
    expect_verdict(u, h, FAULT_DAMAGED, "/f: it comes after /g");
    h = harmless();
    put_entry(h, made_entry("/f", ENTRY_FILE, 20), 0, 1);
    put_entry(h, made_entry("/f", ENTRY_FILE, 30), 1, 1);
    expect_verdict(u, h, FAULT_DAMAGED, "/f: it comes after /f");
    h = harmless();
    put_entry(h, made_entry("/f", ENTRY_FILE, 20), 0, 1);
    put_entry(h, made_entry("/f/g", ENTRY_FILE, 30), 1, 1);
    expect_verdict(u, h, FAULT_DAMAGED, "/f/g: it lies in what is no directory: /f");
    h = harmless();
    put_entry(h, made_entry("/d", ENTRY_SYMLINK, 0), 0, 0);
    put_entry(h, made_entry("/d/g", ENTRY_FILE, 20), 0, 1);
    expect_verdict(u, h, FAULT_DAMAGED, "/d/g: it lies in what is no directory: /d");
    h = harmless();
    put_entry(h, made_entry("/d", ENTRY_DIRECTORY, 0), 0, 0);
    put_entry(h, made_entry("/dd/g", ENTRY_FILE, 20), 0, 1);
    expect_verdict(u, h, FAULT_DAMAGED, "/dd/g: no directory for it comes before it, but /d");
    h = two_files();
    memset(h->leaf_bytes, 0, sizeof(h->leaf_bytes));
    h->leaf_length = h->leaf.entries = 0;
    h->footer.entries = h->footer.data_bytes = 0;
    put_entry(h, made_entry("/f", ENTRY_FILE, 20), 0, 1);
    expect_verdict(u, h, FAULT_DAMAGED, "/f: it comes first, not the directory /");
}

/* Put an entry of type h, whose first name is `link`. */
static void put_link(struct hostile *h, const char *path, const char *link)
{
    struct entry e = {.type = ENTRY_HARD_LINK, .path = strdup(path), .link = strdup(link)};

    put_entry(h, e, 0, 0);
}

static void hard_links_to_nothing_are_refused(struct unit *u)
{
    struct hostile *h = two_files();

    put_link(h, "/h", "/f");
    expect_verdict(u, h, 0, "");
    h = two_files();
    put_link(h, "/h", "/fi");
    expect_verdict(u, h, FAULT_DAMAGED, "/h is a hard link to what is no file before it: /fi");
    h = two_files();
    put_link(h, "/h", "/z");
    expect_verdict(u, h, FAULT_DAMAGED, "/h: it comes before its first name /z");
}

static void chunks_out_of_range_are_refused(struct unit *u)
{
    struct hostile *h = harmless();

    put_entry(h, made_entry("/f", ENTRY_FILE, 20), 2, 1);
    expect_verdict(u, h, FAULT_DAMAGED,
                   "leaf 0 at offset {leaf}: entry 1: its chunks are out of range");
    h = harmless();
    put_entry(h, made_entry("/f", ENTRY_FILE, 20), 0, UINT32_MAX);
    expect_verdict(
        u, h, FAULT_DAMAGED,
        "leaf 0 at offset {leaf}: entry 1: its SHA-256 is longer than the rest of the leaf");
    h = harmless();
    put_entry(h, made_entry("/f", ENTRY_FILE, 30), 1, 1);
    expect_verdict(u, h, FAULT_DAMAGED, "chunk 1 is used before chunk 0");
    h = harmless();
    put_entry(h, made_entry("/f", ENTRY_FILE, 20), 0, 1);
    expect_verdict(u, h, FAULT_DAMAGED, "chunk 1 belongs to no file");
    h = harmless();
    put_entry(h, made_entry("/f", ENTRY_SYMLINK, 0), 0, 1);
    expect_verdict(u, h, FAULT_DAMAGED,
                   "leaf 0 at offset {leaf}: entry 1: its chunks do not add up to its data");
}

static void wrong_digests_of_right_bytes_are_found(struct unit *u)
{
    struct hostile *h = two_files();

    h->chunk[1].sha256[0] ^= 1;
    expect_verdict(u, h, FAULT_DAMAGED, "damaged files: 1");
    h = two_files();
    h->footer.data_bytes++;
    expect_verdict(u, h, FAULT_DAMAGED, "footer: 51 bytes of data, but the files have 50");
}

/* A file of both chunks, whose SHA-256 is in the leaf. */
static struct hostile *one_file(void)
{
    struct hostile *h = harmless();

    put_entry(h, made_entry("/f", ENTRY_FILE, 50), 0, 2);
    return h;
}

static void wrong_digests_of_files_and_of_the_tree_are_found(struct unit *u)
{
    struct memory m, walked = {0};
    struct hostile *h = one_file();
    struct fault f;

    expect_verdict(u, h, 0, "");
    h = one_file();
    h->leaf_bytes[h->leaf_length - 1] ^= 1;
    m = assemble(h);
    CHECK(u, walk_bytes(m.bytes, m.length, &walked, &f) == FAULT_DAMAGED);
    CHECK(u, strncmp(f.text, "/f: the SHA-256 of its data is wrong: ", 38) == 0);
    free(walked.bytes);
    free(m.bytes);
    expect_verdict(u, h, FAULT_DAMAGED, "damaged files: 1");
    h = two_files();
    h->wrong_tree = true;
    expect_verdict(u, h, FAULT_DAMAGED, "footer: the SHA-256 of the tree is wrong");
}

static void without_checksum(uint8_t *frame, size_t *length)
{
    frame[4] &= (uint8_t)~4;
    *length -= 4;
}

static void with_a_reserved_bit(uint8_t *frame, size_t *length)
{
    (void)length;
    frame[4] |= 8;
}

static void with_a_dictionary(uint8_t *frame, size_t *length)
{
    (void)length;
    frame[4] |= 1;
}

/* The same bytes in a frame of zstd 0.7, right in itself: a library built for old formats takes it.
 * Its descriptor says one segment and a checksum, which that format has in its end mark. */
static void legacy(uint8_t *frame, size_t *length)
{
    static const uint8_t start[] = {0x27, 0xB5, 0x2F, 0xFD, 0x24, 50, 0x40, 0, 50};
    static const uint8_t end[] = {0xC0, 0, 0};

    memcpy(frame, start, sizeof(start));
    memset(frame + 9, 'x', 20);
    memset(frame + 29, 'y', 30);
    memcpy(frame + 59, end, sizeof(end));
    *length = 62;
}

static void with_bytes_to_spare(uint8_t *frame, size_t *length)
{
    memset(frame + *length, 0, 115 - *length);
    *length = 115;
}

/* Verified, the block is told of, and the files in it: the text of the first is looked at. */
static void expect_frame_refused(struct unit *u, void (*twist)(uint8_t *, size_t *),
                                 const char *why)
{
    struct hostile *h = two_files();
    struct source *s;
    char first[200] = "";
    struct notices n = {.say = keep_first, .context = first};
    struct memory m;
    struct fault f;

    h->twist = twist;
    m = assemble(h);
    CHECK(u, source_from_memory(m.bytes, m.length, "test", &s, &f) == 0);
    CHECK(u, verify_telling(s, &n, &f) == FAULT_DAMAGED);
    if (!strstr(first, why)) {
        printf("# \"%s\", wanted \"%s\"\n", first, why);
        u->ok = false;
    }
    free(m.bytes);
    free(h);
}

static void only_standard_frames_are_read(struct unit *u)
{
    struct hostile *h;

    expect_frame_refused(u, without_checksum, "): its zstd frame has no checksum");
    expect_frame_refused(u, with_a_reserved_bit, "): it is not a zstd frame");
    expect_frame_refused(u, with_a_dictionary, "): its zstd frame asks for a dictionary");
    expect_frame_refused(u, legacy, "): it is not a zstd frame");
    h = two_files();
    h->twist = with_bytes_to_spare; /* one more than 50 + 50 / 256 + 64 */
    expect_verdict(u, h, FAULT_DAMAGED,
                   "tables: block 0 at offset 40 has 115 bytes, 50 unpacked: out of range");
}

static void reserved_fields_of_the_footer_are_zero(struct unit *u)
{
    static const uint32_t fields[] = {5, 20, 23, 76, 79};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct hostile *h = two_files();

        h->footer_byte = fields[i];
        expect_verdict(u, h, FAULT_DAMAGED,
                       "footer at offset {footer}: its length or a reserved field is wrong");
    }
}

static void broken_leaves_are_refused(struct unit *u)
{
    struct hostile *h = two_files();

    h->leaf_bytes[8] = 'q';
    expect_verdict(u, h, FAULT_DAMAGED,
                   "leaf 0 at offset {leaf}: entry 0: it does not start with a path");
    h = two_files();
    h->leaf_length += 1;
    expect_verdict(
        u, h, FAULT_DAMAGED,
        "leaf 0 at offset {leaf}: entry 2: bytes follow it, but it is the last of its leaf");
    h = two_files();
    h->leaf.entries = 4;
    h->footer.entries = 4;
    expect_verdict(u, h, FAULT_DAMAGED,
                   "leaf 0 at offset {leaf}: entry 3: the leaf ends in its head");
    h = two_files();
    h->payload_off = 1;
    expect_verdict(u, h, FAULT_DAMAGED,
                   "leaf 0 at offset {leaf} ({stored} bytes, entries 0 to 2): its frame has "
                   "{more} bytes, not {payload}");
    h = harmless();
    put_runs(h, made_entry("/f", ENTRY_FILE, 50), (struct engram_run[]){{0, 1}, {1, 1}}, 2);
    expect_verdict(u, h, FAULT_DAMAGED,
                   "leaf 0 at offset {leaf}: entry 1: two runs of chunks that are one");
    h = two_files();
    h->leaf.entries = 0;
    h->footer.entries = 0;
    expect_verdict(u, h, FAULT_DAMAGED,
                   "tables: leaf 0 at offset {leaf} has {stored} bytes, {unpacked} unpacked, 0 "
                   "entries: out of range");
    h = two_files();
    put_le32(h->leaf_bytes, UINT32_MAX);
    expect_verdict(u, h, FAULT_DAMAGED,
                   "leaf 0 at offset {leaf}: entry 0: it is longer than the rest of the leaf");
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, each_flipped_byte_is_found);
    UNIT_CASE(&u, each_cut_is_found);
    UNIT_CASE(&u, a_byte_too_many_is_found);
    UNIT_CASE(&u, each_failing_read_is_told);
    UNIT_CASE(&u, the_harmless_one_is_fine);
    UNIT_CASE(&u, unknown_versions_and_features_are_refused_by_name);
    UNIT_CASE(&u, tables_out_of_range_are_refused);
    UNIT_CASE(&u, what_unpacks_to_another_length_is_refused);
    UNIT_CASE(&u, entries_out_of_place_are_refused);
    UNIT_CASE(&u, hard_links_to_nothing_are_refused);
    UNIT_CASE(&u, chunks_out_of_range_are_refused);
    UNIT_CASE(&u, wrong_digests_of_right_bytes_are_found);
    UNIT_CASE(&u, wrong_digests_of_files_and_of_the_tree_are_found);
    UNIT_CASE(&u, only_standard_frames_are_read);
    UNIT_CASE(&u, reserved_fields_of_the_footer_are_zero);
    UNIT_CASE(&u, broken_leaves_are_refused);
    return unit_end(&u);
}
