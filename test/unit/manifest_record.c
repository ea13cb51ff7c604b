/* SPDX-License-Identifier: MIT */
/* manifest(5): one record by itself, its limits, the order of paths, and entries in memory. */
#include <string.h>

#include "io/stream.h"
#include "manifest/path.h"
#include "manifest/reader.h"
#include "manifest/writer.h"
#include "unit.h"

/* A path, link or target of 65,535 bytes is written and read back; one of 65,536 is more than the
 * writer supports, and damage to the reader. */
static void check_limit(struct unit *u, struct entry *e, char *limited, const char *key)
{
    struct record_text text = {0};
    struct entry back = {0};
    struct fault f;
    char want[80], *longer;

    snprintf(want, sizeof(want), "%s= is 65536 bytes long; at most 65535 are allowed", key);
    memset(limited, 'a', 65536);
    limited[0] = '/';
    limited[65536] = '\0';
    CHECK(u, record_append(&text, e, &f) == FAULT_UNSUPPORTED && strcmp(f.text, want) == 0);
    CHECK(u, text.length == 0);
    limited[65535] = '\0';
    CHECK(u, record_append(&text, e, &f) == 0);
    CHECK(u, record_parse(text.bytes, text.length, &back, &f) == 0);
    CHECK(u, strcmp(back.path, e->path) == 0);
    CHECK(u, e->type != ENTRY_HARD_LINK || strcmp(back.link, limited) == 0);
    CHECK(u, e->type != ENTRY_SYMLINK || strcmp(back.target, limited) == 0);
    /* The same record with one byte more in that field. */
    longer = malloc(text.length + 1);
    for (size_t i = 0, k = 0; longer && i < text.length; i++) {
        longer[k++] = text.bytes[i];
        if (i > 65000 && text.bytes[i] == 'a' && k == i + 1)
            longer[k++] = 'a';
    }
    CHECK(u, record_parse(longer, text.length + 1, &back, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, want) == 0);
    free(longer);
    entry_free(&back);
    record_free(&text);
}

static void limits_of_paths(struct unit *u)
{
    static char limited[65536 + 1];
    struct entry directory = {.path = limited, .type = ENTRY_DIRECTORY};
    struct entry link = {.path = (char[]){"/b"}, .type = ENTRY_HARD_LINK, .link = limited};
    struct entry symlink = {.path = (char[]){"/b"}, .type = ENTRY_SYMLINK, .target = limited};

    check_limit(u, &directory, limited, "path");
    check_limit(u, &link, limited, "link");
    check_limit(u, &symlink, limited, "target");
}

/* A manifest whose one record, which starts at *start, is `length` bytes long. */
static char *manifest_of(size_t length, size_t *start, size_t *total)
{
    static const char head[] = "manifest=1\0data=none\0", end[] = "end=1\0bytes=0\0";
    static const char fields[] =
        "path=/\0type=d\0mode=755\0uid=0\0gid=0\0mtime=0.000000000\0xattr=u";
    char *bytes = malloc(sizeof(head) + length + sizeof(end)), *record;
    size_t digits = (length - sizeof(fields) - 3) / 2 * 2;

    if (bytes == NULL)
        abort();
    *start = sizeof(head);
    *total = sizeof(head) + length + sizeof(end);
    record = bytes + *start;
    memcpy(bytes, head, sizeof(head));
    memset(record, 'n', length); /* the attribute's name takes up what is left */
    memcpy(record, fields, sizeof(fields) - 1);
    record[length - digits - 3] = '=';
    memset(record + length - digits - 2, '0', digits);
    memset(record + length - 2, '\0', 2);
    memcpy(record + length, end, sizeof(end));
    return bytes;
}

/* A record of 64 MiB is read and written; one byte more is too much for both. */
static void limits_of_records(struct unit *u)
{
    for (size_t length = 64 << 20; length <= (64 << 20) + 1; length++) {
        bool fits = length == 64 << 20;
        size_t start, total;
        char *bytes = manifest_of(length, &start, &total);
        struct manifest_reader *r = NULL;
        struct record_text text = {0};
        struct stream *from = NULL;
        struct entry e = {0};
        struct fault f;
        bool more;
        int rc;

        CHECK(u, stream_open_memory(bytes, total, "memory", &from, &f) == 0);
        CHECK(u, manifest_reader_open(from, &r, &f) == 0);
        rc = manifest_next(r, &e, &more, &f);
        CHECK(u, fits ? rc == 0 && more && manifest_next(r, &e, &more, &f) == 0 && !more
                      : rc == FAULT_DAMAGED && strcmp(f.text, "record at offset 22: it is longer "
                                                              "than 67108864 bytes without an "
                                                              "end") == 0);
        CHECK(u, record_parse(bytes + start, length, &e, &f) == 0 && e.xattr_count == 1);
        rc = record_append(&text, &e, &f);
        CHECK(u, fits ? rc == 0 && text.length == length &&
                            memcmp(text.bytes, bytes + start, length) == 0
                      : rc == FAULT_UNSUPPORTED && text.length == 0 &&
                            strcmp(f.text, "its record would be longer than 67108864 bytes") == 0);
        record_free(&text);
        entry_free(&e);
        manifest_reader_close(r);
        stream_close(from);
        free(bytes);
    }
}

/* Far more extents than a record holds are refused before their text is gathered. */
static void too_many_extents(struct unit *u)
{
    enum { COUNT = 8 << 20 };
    struct entry e = {.path = (char[]){"/a"}, .type = ENTRY_FILE, .size = INT64_MAX};
    struct record_text text = {0};
    struct fault f;

    e.extents = calloc(COUNT, sizeof(*e.extents));
    CHECK(u, e.extents != NULL);
    for (size_t i = 0; e.extents && i < COUNT; i++)
        e.extents[i] = (struct entry_extent){.offset = i << 20, .length = 4096};
    e.extent_count = e.extents ? COUNT : 0;
    CHECK(u, record_append(&text, &e, &f) == FAULT_UNSUPPORTED);
    CHECK(u, strcmp(f.text, "its record would be longer than 67108864 bytes") == 0);
    CHECK(u, text.room <= 128 << 20);
    free(e.extents);
    record_free(&text);
}

/* A record that never ends is refused at the limit, not gathered for ever. */
static void endless_record(struct unit *u)
{
    size_t length = (64 << 20) + (2 << 20);
    char *bytes = malloc(length);
    struct stream *from = NULL;
    struct manifest_reader *r = NULL;
    struct entry e = {0};
    struct fault f;
    bool more;

    memset(bytes, 'a', length);
    memcpy(bytes, "manifest=1\0data=none\0", 22);
    CHECK(u, stream_open_memory(bytes, length, "memory", &from, &f) == 0);
    CHECK(u, manifest_reader_open(from, &r, &f) == 0);
    CHECK(u, manifest_next(r, &e, &more, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text,
                    "record at offset 22: it is longer than 67108864 bytes without an end") == 0);
    manifest_reader_close(r);
    stream_close(from);
    free(bytes);
}

static void record_by_itself(struct unit *u)
{
    static const char text[] = "path=/a\0type=p\0mode=0\0uid=0\0gid=0\0mtime=0.000000000\0";
    struct entry e = {0};
    struct fault f;

    CHECK(u, record_parse(text, sizeof(text), &e, &f) == 0);
    CHECK(u, record_parse(text, sizeof(text) - 1, &e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "the record does not end with an empty field") == 0);
    CHECK(u, record_parse(text, 0, &e, &f) == FAULT_DAMAGED);
    CHECK(u, record_parse("path=/a\0type=p\0\0x\0", 19, &e, &f) == FAULT_DAMAGED);
    CHECK(u, record_parse("path=/a\0type=h\0link=/b\0\0x\0", 27, &e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "3 bytes follow the end of the record") == 0);
    entry_free(&e);
}

static void paths(struct unit *u)
{
    static const char *const ascending[] = {"/",    "/a",   "/a/a", "/a/a/z", "/a/b", "/a\x01",
                                            "/a\n", "/a!x", "/a.b", "/a0",    "/b",   "/\xc3\xa4"};
    size_t count = sizeof(ascending) / sizeof(ascending[0]);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            int order = path_compare(ascending[i], ascending[k]);

            CHECK(u, i < k ? order < 0 : i > k ? order > 0 : order == 0);
        }
    }
    CHECK(u, path_parent_length("/") == 0);
    CHECK(u, path_parent_length("/a") == 1);
    CHECK(u, path_parent_length("/a/b") == 2);
    CHECK(u,
          path_is_within("/a/b", "/a") && path_is_within("/a", "/a") && path_is_within("/a", "/"));
    CHECK(u, !path_is_within("/ab", "/a") && !path_is_within("/", "/a"));
    CHECK(u, path_is_clean("/") && path_is_clean("/.a/..b/...") && path_is_clean("/ "));
    CHECK(u, !path_is_clean("") && !path_is_clean("a") && !path_is_clean("/a/") &&
                 !path_is_clean("/a//b") && !path_is_clean("/a/.") && !path_is_clean("/../a"));
}

static void entries(struct unit *u)
{
    struct entry e = {.type = ENTRY_FILE, .size = 100}, copied = {0};
    struct fault f;

    CHECK(u, (e.path = strdup("/a")) != NULL);
    CHECK(u, entry_add_extent(&e, 0, 10, &f) == 0);
    CHECK(u, entry_add_extent(&e, 10, 5, &f) == 0);
    CHECK(u, e.extent_count == 1 && e.extents[0].length == 15);
    CHECK(u, entry_add_extent(&e, 20, 5, &f) == 0);
    CHECK(u, e.extent_count == 2 && entry_data_bytes(&e) == 20);
    CHECK(u, entry_add_extent(&e, 24, 1, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "a run at offset 24 starts before the end of the one before it (25)") ==
                 0);
    CHECK(u, entry_add_extent(&e, UINT64_MAX, 1, &f) == FAULT_DAMAGED);
    CHECK(u, entry_add_extent(&e, 30, 0, &f) == FAULT_DAMAGED);
    CHECK(u, entry_add_xattr(&e, "user.b", "\0x", 2, &f) == 0);
    CHECK(u, entry_add_xattr(&e, "user.a", NULL, 0, &f) == 0);
    CHECK(u, entry_sort_xattrs(&e, &f) == 0);
    CHECK(u, strcmp(e.xattrs[0].name, "user.a") == 0 && e.xattrs[1].value_len == 2);
    CHECK(u, entry_copy(&copied, &e, &f) == 0);
    CHECK(u, copied.path != e.path && strcmp(copied.path, "/a") == 0 && copied.size == 100);
    CHECK(u, copied.xattr_count == 2 && memcmp(copied.xattrs[1].value, "\0x", 2) == 0);
    CHECK(u, copied.extent_count == 2 && copied.extents[1].offset == 20);
    CHECK(u, entry_add_xattr(&e, "user.a", "", 0, &f) == 0);
    CHECK(u, entry_sort_xattrs(&e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "two attributes are called user.a") == 0);
    CHECK(u, entry_add_xattr(&e, "user.\n\033[2J", "", 0, &f) == 0);
    CHECK(u, entry_add_xattr(&e, "user.\n\033[2J", "", 0, &f) == 0);
    e.xattrs[0].name[5] = 'z'; /* it was one of two user.a */
    CHECK(u, entry_sort_xattrs(&e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "two attributes are called user.\\n\\x1b[2J") == 0);
    entry_reset(&e);
    CHECK(u, e.path == NULL && e.xattr_count == 0 && e.extent_count == 0 && e.size == 0);
    entry_free(&e);
    entry_free(&copied);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, limits_of_paths);
    UNIT_CASE(&u, limits_of_records);
    UNIT_CASE(&u, too_many_extents);
    UNIT_CASE(&u, endless_record);
    UNIT_CASE(&u, record_by_itself);
    UNIT_CASE(&u, paths);
    UNIT_CASE(&u, entries);
    return unit_end(&u);
}
