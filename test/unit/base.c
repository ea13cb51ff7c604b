/* SPDX-License-Identifier: MIT */
/* base/: checked arithmetic, bytes, checks, text, UTF-16, patterns, faults. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"
#include "base/digest.h"
#include "base/digestmap.h"
#include "base/fault.h"
#include "base/glob.h"
#include "base/operand.h"
#include "base/size.h"
#include "base/text.h"
#include "base/utf16.h"
#include "unit.h"

static void ranges_do_not_wrap(struct unit *u)
{
    CHECK(u, range_within(0, 0, 0));
    CHECK(u, range_within(4, 6, 10));
    CHECK(u, !range_within(4, 7, 10));
    CHECK(u, !range_within(11, 0, 10));
    CHECK(u, !range_within(1, UINT64_MAX, 10));
    CHECK(u, !range_within(UINT64_MAX, UINT64_MAX, 10));
    CHECK(u, range_within(0, UINT64_MAX, UINT64_MAX));
}

static void sums_and_products_say_when_they_wrap(struct unit *u)
{
    uint64_t n;

    CHECK(u, add_u64(UINT64_MAX - 1, 1, &n) && n == UINT64_MAX);
    CHECK(u, !add_u64(UINT64_MAX, 1, &n));
    CHECK(u, mul_u64(UINT64_MAX / 3, 3, &n) && n == UINT64_MAX);
    CHECK(u, !mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &n));
    CHECK(u, div_round_up(UINT64_MAX, 2) == UINT64_C(1) << 63);
    CHECK(u, div_round_up(0, 7) == 0);
    CHECK(u, is_power_of_2(UINT64_C(1) << 63) && !is_power_of_2(0) && !is_power_of_2(6));
}

static void integers_have_their_byte_order(struct unit *u)
{
    static const uint8_t b[8] = {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88};
    uint8_t w[8];

    CHECK(u, le16_at(b) == 0x8281 && be16_at(b) == 0x8182);
    CHECK(u, le32_at(b) == 0x84838281 && be32_at(b) == 0x81828384);
    CHECK(u, le64_at(b) == UINT64_C(0x8887868584838281));
    CHECK(u, be64_at(b) == UINT64_C(0x8182838485868788));
    put_le64(w, UINT64_C(0x8887868584838281));
    CHECK(u, memcmp(w, b, 8) == 0);
}

static void zeros_are_told_from_nonzeros(struct unit *u)
{
    uint8_t b[64] = {0};

    CHECK(u, bytes_are_zero(b, 0) && bytes_are_zero(b, 64));
    for (size_t i = 0; i < sizeof(b); i++) {
        b[i] = 1;
        CHECK(u, !bytes_are_zero(b, 64));
        b[i] = 0;
    }
}

/* Check values of the catalogues for "123456789". */
static void checks_have_their_published_values(struct unit *u)
{
    static const char digits[] = "123456789";

    CHECK(u, ~crc32c(~0u, digits, 9) == 0xe3069283);
    CHECK(u, crc32_of(digits, 9) == 0xcbf43926);
    CHECK(u, crc16(0, digits, 9) == 0xbb3d);
    CHECK(u, crc16(0xffff, digits, 9) == 0x4b37);
    CHECK(u, crc32_be(~0u, digits, 9) == 0x0376e6e7); /* the catalogue's CRC-32/MPEG-2 */
}

/* In pieces and at every alignment, against the bit-by-bit definition. */
static void crc32c_is_the_same_in_pieces(struct unit *u)
{
    uint8_t b[61];
    uint32_t slow = ~0u;

    for (size_t i = 0; i < sizeof(b); i++)
        b[i] = (uint8_t)(i * 37 + 11);
    for (size_t i = 0; i < sizeof(b); i++) {
        slow ^= b[i];
        for (int bit = 0; bit < 8; bit++)
            slow = slow >> 1 ^ (slow & 1 ? 0x82f63b78 : 0);
    }
    for (size_t cut = 0; cut <= sizeof(b); cut++)
        CHECK(u, crc32c(crc32c(~0u, b, cut), b + cut, sizeof(b) - cut) == slow);
}

/* FIPS 180-4's own example. */
static void sha256_has_its_published_value(struct unit *u)
{
    uint8_t digest[SHA256_BYTES], again[SHA256_BYTES];
    char hex[SHA256_HEX_BYTES];
    struct sha256 *s;
    struct fault f;

    sha256_of("abc", 3, digest);
    sha256_hex(digest, hex);
    CHECK(u, strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0);
    CHECK(u, sha256_open(&s, &f) == 0);
    sha256_update(s, "junk", 4);
    sha256_reset(s);
    sha256_update(s, "a", 1);
    sha256_update(s, "bc", 2);
    sha256_finish(s, again);
    CHECK(u, memcmp(digest, again, sizeof(digest)) == 0);
    sha256_close(s);
}

static bool escapes_to(const char *bytes, size_t len, const char *want)
{
    char buffer[64];

    text_escape(buffer, sizeof(buffer), bytes, len);
    return strcmp(buffer, want) == 0;
}

static void names_cannot_drive_a_terminal(struct unit *u)
{
    char small[8];

    CHECK(u, escapes_to("plain \xc3\xa4", 8, "plain \xc3\xa4"));
    CHECK(u, escapes_to("\x1b[2J", 4, "\\x1b[2J"));
    CHECK(u, escapes_to("a\nb\tc\\", 6, "a\\nb\\tc\\\\"));
    CHECK(u, escapes_to("\x7f", 1, "\\x7f"));
    CHECK(u, escapes_to("\xc2\x9b", 2, "\\xc2\\x9b"));          /* CSI as UTF-8 */
    CHECK(u, escapes_to("\xff\xc3", 2, "\\xff\\xc3"));          /* no UTF-8, and cut short */
    CHECK(u, escapes_to("\xc0\xaf", 2, "\\xc0\\xaf"));          /* overlong */
    CHECK(u, escapes_to("\xed\xa0\x80", 3, "\\xed\\xa0\\x80")); /* a surrogate */
    text_escape(small, sizeof(small), "abcdefghij", 10);
    CHECK(u, strcmp(small, "abcd...") == 0);
    text_escape(small, sizeof(small), "abcdefg", 7);
    CHECK(u, strcmp(small, "abcdefg") == 0);
}

static bool json_is(const char *bytes, size_t len, const char *want)
{
    char buffer[64] = {0};
    FILE *out = fmemopen(buffer, sizeof(buffer), "w");

    if (!out)
        return false;
    text_put_json(out, bytes, len);
    fclose(out);
    return strcmp(buffer, want) == 0;
}

static void json_strings_lose_nothing(struct unit *u)
{
    CHECK(u, json_is("a\"b\\c", 5, "\"a\\\"b\\\\c\""));
    CHECK(u, json_is("\x01\n", 2, "\"\\u0001\\u000a\""));
    CHECK(u, json_is("\xc3\xa4", 2, "\"\xc3\xa4\""));
    CHECK(u, json_is("\xc2\x9b", 2, "\"\\u009b\""));
    CHECK(u, json_is("\xff", 1, "\"\\udcff\""));
}

static bool size_is(uint64_t bytes, const char *want)
{
    char buffer[8];

    text_size(buffer, bytes);
    return strcmp(buffer, want) == 0;
}

static void sizes_are_rounded_up_and_fit(struct unit *u)
{
    CHECK(u, size_is(0, "0B") && size_is(1023, "1023B") && size_is(1024, "1.0K"));
    CHECK(u, size_is(1025, "1.1K"));
    CHECK(u, size_is(10 * 1024, "10K") && size_is(1536 * 1024, "1.5M"));
    CHECK(u, size_is(UINT64_C(3) << 40, "3.0T"));
    CHECK(u, size_is(1048577, "1.1M") && size_is(1048575, "1.0M"));
    CHECK(u, size_is(1073741825, "1.1G") && size_is(UINT64_C(10) * 1024 * 1024 + 1, "11M"));
    CHECK(u, size_is(UINT64_MAX, "16E"));
}

static bool converts(const char *utf16, size_t units, const char *want)
{
    char text[UTF8_ROOM(8)];

    utf16le_to_utf8((const uint8_t *)utf16, units, text);
    return strcmp(text, want) == 0;
}

static bool converts_be(const char *utf16, size_t units, const char *want)
{
    char text[UTF8_ROOM(8)];

    utf16be_to_utf8((const uint8_t *)utf16, units, text);
    return strcmp(text, want) == 0;
}

static void utf16_becomes_utf8(struct unit *u)
{
    CHECK(u, converts("", 0, ""));
    CHECK(u, converts("a\0b\0\0\0c\0", 4, "ab"));
    CHECK(u, converts("a\0b\0", 2, "ab")); /* no NUL: as many as there are */
    CHECK(u, converts("\xfc\0\xac\x20", 2, "\xc3\xbc\xe2\x82\xac"));
    CHECK(u, converts("\x3d\xd8\x00\xde", 2, "\xf0\x9f\x98\x80"));
    CHECK(u, converts("\xff\xdb\xff\xdf", 2, "\xf4\x8f\xbf\xbf"));
    CHECK(u, converts("\x3d\xd8", 1, "\xef\xbf\xbd"));                     /* high, then the end */
    CHECK(u, converts("\x3d\xd8x\0", 2, "\xef\xbf\xbdx"));                 /* high, then a letter */
    CHECK(u, converts("\x00\xde\x3d\xd8", 2, "\xef\xbf\xbd\xef\xbf\xbd")); /* the wrong way round */
    CHECK(u, converts_be("\0a\0b\0\0\0c", 4, "ab"));
    CHECK(u,
          converts_be("\0\xfc\x20\xac\xd8\x3d\xde\x00", 4, "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"));
}

static void faults_say_what_and_where(struct unit *u)
{
    struct fault f;

    CHECK(u, fault_set(&f, FAULT_DAMAGED, "at %d", 7) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "at 7") == 0 && f.subject[0] == '\0');
    CHECK(u, fault_about(&f, "inner") == FAULT_DAMAGED);
    fault_about(&f, "outer");
    CHECK(u, strcmp(f.subject, "inner") == 0);
    fault_prefix(&f, "inode %d", 12);
    CHECK(u, strcmp(f.text, "inode 12: at 7") == 0);
    CHECK(u, fault_errno(&f, EPIPE, "write") == FAULT_READER_GONE);
    CHECK(u, fault_errno(&f, ENOSPC, "write") == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "write: No space left on device") == 0);
}

static void utf8_becomes_utf16(struct unit *u)
{
    static const struct {
        const char *text;
        size_t units;
        bool fits;
        uint8_t bytes[8];
    } cases[] = {
        {"", 2, true, {0}},
        {"aZ", 3, true, {'a', 0, 'Z', 0, 0, 0}},
        {"\xc3\xa4\xe2\x82\xac", 2, true, {0xe4, 0x00, 0xac, 0x20}},
        {"\xf0\x9f\x98\x80", 2, true, {0x3d, 0xd8, 0x00, 0xde}},
        {"\xf0\x9f\x98\x80", 1, false, {0}}, /* no half of a pair */
        {"abc", 2, false, {0}},
        {"\x80", 4, false, {0}},             /* starts with a continuation */
        {"\xc3", 4, false, {0}},             /* ends within a character */
        {"\xc3(", 4, false, {0}},            /* no continuation */
        {"\xc0\xaf", 4, false, {0}},         /* longer than it need be */
        {"\xed\xa0\x80", 4, false, {0}},     /* a surrogate */
        {"\xf4\x90\x80\x80", 4, false, {0}}, /* past the last character */
        {"\xff", 4, false, {0}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[8] = {0};
        bool fits = utf8_to_utf16le(cases[i].text, bytes, cases[i].units);

        CHECK(u, fits == cases[i].fits);
        CHECK(u, !fits || memcmp(bytes, cases[i].bytes, 2 * cases[i].units) == 0);
    }
}

static void sizes_are_understood(struct unit *u)
{
    static const struct {
        const char *text;
        bool valid, has_unit;
        uint64_t size;
    } cases[] = {
        {"0", true, false, 0},
        {"18446744073709551615", true, false, UINT64_MAX},
        {"18446744073709551616", false, false, 0},
        {"1K", true, true, 1024},
        {"3m", true, true, 3 << 20},
        {"2GiB", true, true, UINT64_C(2) << 30},
        {"2GB", true, true, 2000000000},
        {"15E", true, true, UINT64_C(15) << 60},
        {"16E", false, true, 0},
        {"1KiBx", false, true, 0},
        {"1B", false, false, 0},
        {"K", false, false, 0},
        {"", false, false, 0},
        {"-1", false, false, 0},
        {" 1", false, false, 0},
        {"1.5G", false, false, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t size;
        bool has_unit;
        bool valid = size_parse(cases[i].text, &size, &has_unit);

        CHECK(u, valid == cases[i].valid);
        CHECK(u, !valid || (size == cases[i].size && has_unit == cases[i].has_unit));
    }
}

static void patterns_match_whole_texts(struct unit *u)
{
    CHECK(u, glob_match("/etc/*", "/etc/a/b"));
    CHECK(u, !glob_match("/etc/*", "/etc"));
    CHECK(u, glob_match("*.so.*", "/usr/lib/libc.so.6"));
    CHECK(u, !glob_match("*.so", "/usr/lib/libc.so.6"));
    CHECK(u, glob_match("a?c", "abc") && !glob_match("a?c", "ac"));
    CHECK(u, glob_match("*", "") && glob_match("", "") && !glob_match("", "a"));
    CHECK(u, glob_match("*a*b*", "xxaxxbxx") && !glob_match("*a*b*", "xxbxxaxx"));
}

static void patterns_have_sets(struct unit *u)
{
    CHECK(u, glob_match("[ab]", "b") && !glob_match("[ab]", "c") && !glob_match("[ab]", "ab"));
    CHECK(u, glob_match("[!ab]", "c") && !glob_match("[!ab]", "a") && !glob_match("[^a]", "a"));
    CHECK(u, glob_match("x[a-c0-9]y", "x7y") && !glob_match("x[a-c0-9]y", "xdy"));
    CHECK(u, glob_match("[]a]", "]") && glob_match("[!]a]", "b") && !glob_match("[!]a]", "]"));
    CHECK(u, glob_match("[a-]", "-") && glob_match("[-a]", "-") && !glob_match("[a-]", "b"));
    CHECK(u, glob_match("[\\]a-z]", "]") && glob_match("*[0-9].gz", "log.1.gz"));
    CHECK(u, glob_match("[\x80-\xff]", "\xc3"));
    /* Never closed: a bracket like any other byte. */
    CHECK(u, glob_match("[ab", "[ab") && !glob_match("[ab", "a") && glob_match("[]", "[]"));
}

static void patterns_have_escapes(struct unit *u)
{
    CHECK(u, glob_match("\\*", "*") && !glob_match("\\*", "a"));
    CHECK(u, glob_match("a\\\\b", "a\\b") && glob_match("a\\", "a\\"));
    CHECK(u, glob_is_pattern("*") && glob_is_pattern("a?") && glob_is_pattern("[a]"));
    CHECK(u, !glob_is_pattern("[a") && !glob_is_pattern("\\*") && !glob_is_pattern("a/b"));
}

static void operands_become_paths(struct unit *u)
{
    static const char *const cases[][2] = {
        {"", "/"},
        {"/", "/"},
        {"..", "/"},
        {"a", "/a"},
        {"//a///b/", "/a/b"},
        {"./a/./b/.", "/a/b"},
        {"a/b/..", "/a"},
        {"/a/b/../..", "/"},
        {"/a/b/../../c", "/c"},
        {"a/b/c/../../../../d/e/..", "/d"},
        {"..a/.b", "/..a/.b"},
    };
    struct fault f;
    char *path;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK(u, operand_path(cases[i][0], &path, &f) == 0 && strcmp(path, cases[i][1]) == 0);
        free(path);
    }
}

static void operands_are_patterns_of_names_or_paths(struct unit *u)
{
    struct fault f;
    char *glob;

    CHECK(u, operand_glob("././*.d//", &glob, &f) == 0 && strcmp(glob, "*.d") == 0);
    free(glob);
    CHECK(u, operand_glob(".//", &glob, &f) == FAULT_USAGE && !glob);
    CHECK(u, operand_matches("*.d", "/x/a.d") && !operand_matches("*.d", "/a.d/x"));
    CHECK(u, operand_matches("x/*", "/x/a/b") && operand_matches("/x/*", "/x/a/b"));
    CHECK(u, !operand_matches("x/*", "/y/x/a") && operand_matches("*/x/*", "/y/x/a"));
}

static void operands_hold_what_lies_below(struct unit *u)
{
    CHECK(u, operand_holds("*.d", "/x/a.d") && operand_holds("*.d", "/a.d/x/y"));
    CHECK(u, operand_holds("a?c", "/x/abc/y") && !operand_holds("a?c", "/x/a/c"));
    CHECK(u, !operand_holds("a*c", "/a/b/c") && !operand_holds("x", "/xx/yx/x.x"));
    CHECK(u, operand_holds("x/a", "/x/a/b") && operand_holds("/x/a", "/x/a"));
    CHECK(u, !operand_holds("x/a", "/x/ab") && !operand_holds("x/a", "/x"));
    CHECK(u, operand_holds("/*b", "/ab/b.c") && operand_holds("/x/*/c", "/x/y/c/b/c.d"));
    CHECK(u, !operand_holds("/x/*/c", "/x/y/cc/b"));
    CHECK(u, operand_holds("x/a\\\\", "/x/a\\/b") && operand_holds("x/[", "/x/[/b"));
}

enum { ROWS = 20000 };

struct row {
    uint32_t before;
    uint8_t sha256[SHA256_BYTES];
};

/* Rows of which every second has the digest of the one before it, and all are the same but for four
 * bytes, the 4-byte word `word`: made up, as a stranger may. */
static void make_up_rows(struct row *rows, unsigned word)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        memset(&rows[i], 0xa5, sizeof(rows[i]));
        put_le32(rows[i].sha256 + (size_t)4 * word, i / 2);
    }
}

static unsigned longest_run(const struct digestmap *m)
{
    unsigned longest = 0, run = 0;

    for (uint64_t i = 0; i < m->slot_count; i++) {
        run = m->slots[i] ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void digests_are_found_also_made_up_ones(struct unit *u)
{
    struct row *rows = malloc(ROWS * sizeof(*rows));
    struct digestmap_rows where = {rows->sha256, sizeof(*rows)};
    uint8_t other[SHA256_BYTES] = {0};
    struct fault f;

    for (unsigned word = 0; word < SHA256_BYTES / 4; word++) {
        struct digestmap at_once = {0}, in_turn = {0};

        make_up_rows(rows, word);
        CHECK(u, digestmap_fill(&at_once, &where, ROWS, &f) == 0);
        CHECK(u, at_once.slot_count * sizeof(*at_once.slots) == digestmap_bytes(ROWS));
        for (uint32_t i = 0; i < ROWS; i++) {
            uint32_t *slot;

            CHECK(u, digestmap_make_room(&in_turn, &where, i, &f) == 0);
            slot = digestmap_slot(&in_turn, &where, rows[i].sha256);
            CHECK(u, *slot == (i % 2 ? i : 0));
            if (*slot == 0)
                *slot = i + 1;
            CHECK(u, *digestmap_slot(&at_once, &where, rows[i].sha256) == i / 2 * 2 + 1);
        }
        CHECK(u, *digestmap_slot(&at_once, &where, other) == 0);
        /* None has to pass over more than a few. */
        CHECK(u, longest_run(&at_once) < ROWS / 20 && longest_run(&in_turn) < ROWS / 20);
        digestmap_free(&at_once);
        digestmap_free(&in_turn);
    }
    free(rows);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, ranges_do_not_wrap);
    UNIT_CASE(&u, sums_and_products_say_when_they_wrap);
    UNIT_CASE(&u, integers_have_their_byte_order);
    UNIT_CASE(&u, zeros_are_told_from_nonzeros);
    UNIT_CASE(&u, checks_have_their_published_values);
    UNIT_CASE(&u, crc32c_is_the_same_in_pieces);
    UNIT_CASE(&u, sha256_has_its_published_value);
    UNIT_CASE(&u, names_cannot_drive_a_terminal);
    UNIT_CASE(&u, json_strings_lose_nothing);
    UNIT_CASE(&u, sizes_are_rounded_up_and_fit);
    UNIT_CASE(&u, utf16_becomes_utf8);
    UNIT_CASE(&u, faults_say_what_and_where);
    UNIT_CASE(&u, utf8_becomes_utf16);
    UNIT_CASE(&u, sizes_are_understood);
    UNIT_CASE(&u, patterns_match_whole_texts);
    UNIT_CASE(&u, patterns_have_sets);
    UNIT_CASE(&u, patterns_have_escapes);
    UNIT_CASE(&u, operands_become_paths);
    UNIT_CASE(&u, operands_are_patterns_of_names_or_paths);
    UNIT_CASE(&u, operands_hold_what_lies_below);
    UNIT_CASE(&u, digests_are_found_also_made_up_ones);
    return unit_end(&u);
}
