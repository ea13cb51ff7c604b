/* SPDX-License-Identifier: MIT */
/* manifest(5): every rule broken once, with the text that says so; what is read is written back. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/sink.h"
#include "io/stream.h"
#include "manifest/names.h"
#include "manifest/reader.h"
#include "manifest/writer.h"
#include "unit.h"

/* In the texts below a NUL is written `|`. */
#define HEAD                "manifest=1|data=inline||"
#define META                "mode=755|uid=0|gid=0|mtime=0.000000000|"
#define ROOT                "path=/|type=d|" META "|"
#define DIR(path)           "path=" path "|type=d|" META "|"
#define FIFO(path)          "path=" path "|type=p|" META "|"
#define FILE_OF(path, rest) "path=" path "|type=f|" META rest "|"

/* What a sink has taken. */
struct taken {
    char bytes[8192];
    size_t length;
    size_t refuse_at; /* the sink fails with EIO past so many bytes; 0: never */
};

static int take(void *context, const void *bytes, size_t len, struct fault *f)
{
    struct taken *t = context;

    if (len > sizeof(t->bytes) - t->length || (t->refuse_at && t->length + len > t->refuse_at))
        return fault_errno(f, EIO, "write failed");
    memcpy(t->bytes + t->length, bytes, len);
    t->length += len;
    return 0;
}

static struct sink *sink_of(struct taken *t)
{
    static const struct sink_callbacks callbacks = {.data = take};
    struct sink *s;
    struct fault f;

    if (sink_to_callback(&callbacks, t, &s, &f) < 0)
        abort();
    return s;
}

/* The text with its NULs, in memory of exactly its size so that a sanitizer sees reads past it. */
static char *with_nuls(const char *text, size_t *length)
{
    char *bytes;

    *length = strlen(text);
    bytes = malloc(*length + 1);
    if (bytes == NULL)
        abort();
    memcpy(bytes, text, *length + 1);
    for (size_t i = 0; i < *length; i++) {
        if (bytes[i] == '|')
            bytes[i] = '\0';
    }
    bytes = realloc(bytes, *length > 0 ? *length : 1);
    return bytes;
}

/* Hand an entry and its data on. */
static int copy_one(struct manifest_reader *r, struct manifest_writer *w, struct sink *to,
                    const struct entry *e, struct fault *f)
{
    const uint8_t *part;
    size_t got = 1;
    int rc = manifest_write_entry(w, e, f);

    while (rc == 0 && got > 0) {
        if ((rc = manifest_data(r, &part, &got, f)) < 0 || (rc = sink_data(to, part, got, f)) < 0)
            break;
        manifest_writer_data(w, got);
    }
    return rc;
}

/* Read a whole manifest and write it to a sink again. */
static int copy(struct stream *from, struct sink *to, struct fault *f)
{
    struct manifest_reader *r = NULL;
    struct manifest_writer *w = NULL;
    struct entry e = {0};
    bool more = true;
    int rc = manifest_reader_open(from, &r, f);

    if (rc == 0)
        rc = manifest_writer_open(to, manifest_has_data(r), &w, f);
    while (rc == 0 && (rc = manifest_next(r, &e, &more, f)) == 0 && more)
        rc = copy_one(r, w, to, &e, f);
    if (rc == 0)
        rc = manifest_writer_end(w, f);
    entry_free(&e);
    manifest_writer_close(w);
    manifest_reader_close(r);
    return rc;
}

static int copy_text(const char *text, struct taken *t, struct fault *f)
{
    size_t length;
    char *bytes = with_nuls(text, &length);
    struct sink *to = sink_of(t);
    struct stream *from;
    int rc;

    t->length = 0;
    f->text[0] = '\0';
    rc = stream_open_memory(bytes, length, "memory", &from, f);
    if (rc == 0) {
        rc = copy(from, to, f);
        stream_close(from);
    }
    sink_close(to);
    free(bytes);
    return rc;
}

struct refusal {
    const char *name;
    const char *manifest;
    const char *text;
    enum fault_code code; /* 0: FAULT_DAMAGED */
};

static void refused(struct unit *u, const struct refusal *table)
{
    struct taken t = {0};
    struct fault f;

    for (; table->name != NULL; table++) {
        enum fault_code code = table->code != 0 ? table->code : FAULT_DAMAGED;
        int rc = copy_text(table->manifest, &t, &f);

        if (rc == (int)code && strcmp(f.text, table->text) == 0)
            continue;
        printf("# %s: code %d, text: %s\n", table->name, rc, rc == 0 ? "" : f.text);
        u->ok = false;
    }
}

static void first_and_last_record(struct unit *u)
{
    static const struct refusal table[] = {
        {"empty", "", "is empty: no manifest", 0},
        {"one byte", "m", "not a manifest: it does not start with \"manifest=\"", 0},
        {"not a manifest", "\177ELF", "not a manifest: it does not start with \"manifest=\"", 0},
        {"head cut", "manifest=1|data=in",
         "record at offset 0: it is cut short, the input ends at offset 18", 0},
        {"version 2", "manifest=2|data=inline||",
         "\"manifest=2\" is not a version that is supported (1 is)", FAULT_UNSUPPORTED},
        {"other data", "manifest=1|data=elsewhere||",
         "the first record is not manifest=1 and data=inline or data=none", 0},
        {"one field more", "manifest=1|data=none|x=1||",
         "the first record is not manifest=1 and data=inline or data=none", 0},
        {"no end", HEAD ROOT, "the manifest ends at offset 78 without an end record", 0},
        {"end counts records", HEAD ROOT "end=2|bytes=0||",
         "record at offset 78: \"end=2\\x00bytes=0\\x00\\x00\" is not end=1 and bytes=0, which "
         "were "
         "read",
         0},
        {"end counts bytes", HEAD ROOT "end=1|bytes=1||",
         "record at offset 78: \"end=1\\x00bytes=1\\x00\\x00\" is not end=1 and bytes=0, which "
         "were "
         "read",
         0},
        {"end with a zero in front", HEAD ROOT "end=01|bytes=0||",
         "record at offset 78: \"end=01\\x00bytes=0\\x00\\x00\" is not end=1 and bytes=0, which "
         "were read",
         0},
        {"something after the end", HEAD ROOT "end=1|bytes=0||\n",
         "bytes follow the end of the manifest at offset 93", 0},
        {"error", HEAD ROOT "error=read failed: \033[2J||",
         "its writer failed: read failed: \\x1b[2J", 0},
        {"empty record", HEAD "|", "record at offset 24: the record ends where path= should be", 0},
        {0},
    };

    refused(u, table);
}

static void fields_and_numbers(struct unit *u)
{
#define AT24 "record at offset 24: "
#define AT78 "record at offset 78: "
    static const struct refusal table[] = {
        {"type first", HEAD "type=d|path=/|" META "|", AT24 "\"type=d\" is not path=", 0},
        {"no type", HEAD "path=/|" META "|",
         AT24 "\"mode=755\" is not type= and one letter of fdlcbpsh", 0},
        {"unknown type", HEAD "path=/|type=x|" META "|",
         AT24 "\"type=x\" is not type= and one letter of fdlcbpsh", 0},
        {"two letters", HEAD "path=/|type=dd|" META "|",
         AT24 "\"type=dd\" is not type= and one letter of fdlcbpsh", 0},
        {"no letter", HEAD "path=/|type=|" META "|",
         AT24 "\"type=\" is not type= and one letter of fdlcbpsh", 0},
        {"no mode", HEAD "path=/|type=d|uid=0|gid=0|mtime=0.000000000||",
         AT24 "\"uid=0\" is not mode= and an octal number up to 7777", 0},
        {"mode decimal", HEAD "path=/|type=d|mode=789|uid=0|gid=0|mtime=0.000000000||",
         AT24 "\"mode=789\" is not mode= and an octal number up to 7777", 0},
        {"mode with a zero in front",
         HEAD "path=/|type=d|mode=0755|uid=0|gid=0|mtime=0.000000000||",
         AT24 "\"mode=0755\" is not mode= and an octal number up to 7777", 0},
        {"mode over 7777", HEAD "path=/|type=d|mode=10000|uid=0|gid=0|mtime=0.000000000||",
         AT24 "\"mode=10000\" is not mode= and an octal number up to 7777", 0},
        {"mode of 2^32 and more", HEAD "path=/|type=d|mode=40000000755|uid=0|gid=0||",
         AT24 "\"mode=40000000755\" is not mode= and an octal number up to 7777", 0},
        {"mode empty", HEAD "path=/|type=d|mode=|uid=0|gid=0|mtime=0.000000000||",
         AT24 "\"mode=\" is not mode= and an octal number up to 7777", 0},
        {"uid with a zero in front", HEAD "path=/|type=d|mode=755|uid=00|gid=0||",
         AT24 "\"uid=00\" is not uid= and a decimal number up to 4294967295", 0},
        {"uid of 2^32", HEAD "path=/|type=d|mode=755|uid=4294967296|gid=0||",
         AT24 "\"uid=4294967296\" is not uid= and a decimal number up to 4294967295", 0},
        {"uid negative", HEAD "path=/|type=d|mode=755|uid=-1|gid=0||",
         AT24 "\"uid=-1\" is not uid= and a decimal number up to 4294967295", 0},
        {"gid empty", HEAD "path=/|type=d|mode=755|uid=0|gid=||",
         AT24 "\"gid=\" is not gid= and a decimal number up to 4294967295", 0},
        {"gid with a space", HEAD "path=/|type=d|mode=755|uid=0|gid= 0||",
         AT24 "\"gid= 0\" is not gid= and a decimal number up to 4294967295", 0},
        {"no mtime", HEAD "path=/|type=d|mode=755|uid=0|gid=0||",
         AT24 "the record ends where mtime=SECONDS.NNNNNNNNN should be", 0},
        {"eight digits", HEAD "path=/|type=d|mode=755|uid=0|gid=0|mtime=1.00000000||",
         AT24 "\"mtime=1.00000000\" is not mtime=SECONDS.NNNNNNNNN", 0},
        {"eight digits, none of them zero",
         HEAD "path=/|type=d|mode=755|uid=0|gid=0|mtime=1.12345678||",
         AT24 "\"mtime=1.12345678\" is not mtime=SECONDS.NNNNNNNNN", 0},
        {"ten digits", HEAD "path=/|type=d|mode=755|uid=0|gid=0|mtime=1.0000000000||",
         AT24 "\"mtime=1.0000000000\" is not mtime=SECONDS.NNNNNNNNN", 0},
        {"no fraction", HEAD "path=/|type=d|mode=755|uid=0|gid=0|mtime=1||",
         AT24 "\"mtime=1\" is not mtime=SECONDS.NNNNNNNNN", 0},
        {"minus zero", HEAD "path=/|type=d|mode=755|uid=0|gid=0|mtime=-0.500000000||",
         AT24 "\"mtime=-0.500000000\" is not mtime=SECONDS.NNNNNNNNN", 0},
        {"2^63 seconds",
         HEAD "path=/|type=d|mode=755|uid=0|gid=0|"
              "mtime=9223372036854775808.000000000||",
         AT24 "\"mtime=9223372036854775808.000000000\" is not mtime=SECONDS.NNNNNNNNN", 0},
        {"ctime before atime", HEAD "path=/|type=d|" META "ctime=0.000000000|atime=0.000000000||",
         AT24 "\"atime=0.000000000\" is not a field that may come here", 0},
        {"atime twice", HEAD "path=/|type=d|" META "atime=0.000000000|atime=0.000000000||",
         AT24 "\"atime=0.000000000\" is not a field that may come here", 0},
        {"crtime wrong", HEAD "path=/|type=d|" META "crtime=now||",
         AT24 "\"crtime=now\" is not crtime=SECONDS.NNNNNNNNN", 0},
        {"unknown field", HEAD "path=/|type=d|" META "flags=1||",
         AT24 "\"flags=1\" is not a field that may come here", 0},
        {"size of a directory", HEAD "path=/|type=d|" META "size=0||",
         AT24 "\"size=0\" is not a field that may come here", 0},
        {"extent of a directory", HEAD "path=/|type=d|" META "extent=0+1||x",
         AT24 "\"extent=0+1\" is not a field that may come here", 0},
        {"no rdev", HEAD ROOT "path=/a|type=c|" META "|",
         AT78 "the record ends where rdev=MAJOR:MINOR should be", 0},
        {"rdev of one number", HEAD ROOT "path=/a|type=b|" META "rdev=2049||",
         AT78 "\"rdev=2049\" is not rdev=MAJOR:MINOR", 0},
        {"rdev with a zero in front", HEAD ROOT "path=/a|type=b|" META "rdev=8:01||",
         AT78 "\"rdev=8:01\" is not rdev=MAJOR:MINOR", 0},
        {"rdev of three numbers", HEAD ROOT "path=/a|type=b|" META "rdev=8:1:1||",
         AT78 "\"rdev=8:1:1\" is not rdev=MAJOR:MINOR", 0},
        {"no target", HEAD ROOT "path=/a|type=l|" META "|",
         AT78 "the record ends where target= and what the link says should be", 0},
        {"empty target", HEAD ROOT "path=/a|type=l|" META "target=||",
         AT78 "the symbolic link has an empty target", 0},
        {"no link", HEAD ROOT "path=/a|type=h||",
         AT78 "the record ends where link= and the file's first name should be", 0},
        {"mode of a hard link", HEAD ROOT FIFO("/a") "path=/b|type=h|link=/a|mode=644||",
         "record at offset 133: \"mode=644\" is not a field that may come here", 0},
        {"no size", HEAD ROOT FILE_OF("/a", ""),
         AT78
         "the record ends where size= and a decimal number up to 9223372036854775807 should be",
         0},
        {"size of 2^63", HEAD ROOT FILE_OF("/a", "size=9223372036854775808|"),
         AT78 "\"size=9223372036854775808\" is not size= and a decimal number up to "
              "9223372036854775807",
         0},
        {"size in hex", HEAD ROOT FILE_OF("/a", "size=0x10|"),
         AT78 "\"size=0x10\" is not size= and a decimal number up to 9223372036854775807", 0},
        {0},
    };

    refused(u, table);
}

static void attributes_and_extents(struct unit *u)
{
    static const struct refusal table[] = {
        {"attribute without a value", HEAD "path=/|type=d|" META "xattr=user.a||",
         AT24 "\"xattr=user.a\" is not xattr=NAME=HEX", 0},
        {"attribute without a name", HEAD "path=/|type=d|" META "xattr==00||",
         AT24 "\"xattr==00\" is not xattr=NAME=HEX", 0},
        {"odd number of digits", HEAD "path=/|type=d|" META "xattr=user.a=001||",
         AT24 "\"xattr=user.a=001\" is not xattr=NAME=HEX", 0},
        {"upper case", HEAD "path=/|type=d|" META "xattr=user.a=FF||",
         AT24 "\"xattr=user.a=FF\" is not xattr=NAME=HEX", 0},
        {"not hex", HEAD "path=/|type=d|" META "xattr=user.a=0g||",
         AT24 "\"xattr=user.a=0g\" is not xattr=NAME=HEX", 0},
        {"attributes out of order", HEAD "path=/|type=d|" META "xattr=user.b=|xattr=user.a=||",
         AT24 "attribute user.a is not after the one before it", 0},
        {"attribute twice", HEAD "path=/|type=d|" META "xattr=user.a=00|xattr=user.a=01||",
         AT24 "attribute user.a is not after the one before it", 0},
        {"attribute after an extent", HEAD ROOT FILE_OF("/a", "size=9|extent=0+1|xattr=user.a=00|"),
         AT78 "\"xattr=user.a=00\" is not a field that may come here", 0},
        {"extent without a length", HEAD ROOT FILE_OF("/a", "size=9|extent=5|"),
         AT78 "\"extent=5\" is not extent=OFFSET+LENGTH", 0},
        {"extent with a tail", HEAD ROOT FILE_OF("/a", "size=9|extent=5+1+1|"),
         AT78 "\"extent=5+1+1\" is not extent=OFFSET+LENGTH", 0},
        {"extent of nothing", HEAD ROOT FILE_OF("/a", "size=9|extent=5+0|"),
         AT78 "\"extent=5+0\" is not a run of at least one byte", 0},
        {"extents that touch", HEAD ROOT FILE_OF("/a", "size=9|extent=0+2|extent=2+1|"),
         AT78 "\"extent=2+1\" is not after the extent before it, with a hole between", 0},
        {"extents that overlap", HEAD ROOT FILE_OF("/a", "size=9|extent=0+4|extent=2+1|"),
         AT78 "\"extent=2+1\" is not after the extent before it, with a hole between", 0},
        {"extent past the size", HEAD ROOT FILE_OF("/a", "size=9|extent=4+6|"),
         AT78 "extent=4+6 is empty or not within size=9", 0},
        {"extent that wraps",
         HEAD ROOT FILE_OF("/a", "size=9223372036854775807|extent=9223372036854775807+"
                                 "9223372036854775807|"),
         AT78 "extent=9223372036854775807+9223372036854775807 is empty or not within "
              "size=9223372036854775807",
         0},
        {"data cut", HEAD ROOT FILE_OF("/a", "size=9|extent=0+9|") "12345",
         AT78 "the input ends at offset 156, 4 bytes before its data does", 0},
        {"no data", HEAD ROOT FILE_OF("/a", "size=9|extent=0+9|"),
         AT78 "the input ends at offset 151, 9 bytes before its data does", 0},
        {"record cut",
         HEAD ROOT "path=/a|type=f|mode=", AT78 "it is cut short, the input ends at offset 98", 0},
        {0},
    };

    refused(u, table);
}

static void paths_and_order(struct unit *u)
{
    static const struct refusal table[] = {
        {"relative", HEAD "path=etc|type=d|" META "|",
         AT24 "path=etc is not an absolute path without empty, . or .. parts", 0},
        {"dot dot", HEAD ROOT FIFO("/.."),
         AT78 "path=/.. is not an absolute path without empty, . or .. parts", 0},
        {"dot", HEAD ROOT FIFO("/./a"),
         AT78 "path=/./a is not an absolute path without empty, . or .. parts", 0},
        {"empty part", HEAD ROOT FIFO("//a"),
         AT78 "path=//a is not an absolute path without empty, . or .. parts", 0},
        {"slash at the end", HEAD ROOT DIR("/a/"),
         AT78 "path=/a/ is not an absolute path without empty, . or .. parts", 0},
        {"empty path", HEAD DIR(""),
         AT24 "path= is not an absolute path without empty, . or .. parts", 0},
        {"root that is a file", HEAD FIFO("/"), AT24 "the root has type=p; it must be a directory",
         0},
        {"root not first", HEAD DIR("/a"), AT24 "/a comes first, which must be /", 0},
        {"root twice", HEAD ROOT ROOT, AT78 "/ is not in order after /", 0},
        {"name twice", HEAD ROOT FIFO("/a") FIFO("/a"),
         "record at offset 133: /a is not in order after /a", 0},
        {"out of order", HEAD ROOT FIFO("/b") FIFO("/a"),
         "record at offset 133: /a is not in order after /b", 0},
        {"directory left and entered again", HEAD ROOT DIR("/a") FIFO("/a.b") FIFO("/a/c"),
         "record at offset 190: /a/c is not in order after /a.b", 0},
        {"no parent", HEAD ROOT FIFO("/a/b"), AT78 "/a/b comes without a record of /a", 0},
        {"parent's parent only", HEAD ROOT DIR("/a") FIFO("/a/b/c"),
         "record at offset 133: /a/b/c comes without a record of /a/b", 0},
        {"parent's name is only a prefix", HEAD ROOT DIR("/a") FIFO("/ab/c"),
         "record at offset 133: /ab/c comes without a record of /ab", 0},
        {"below a symbolic link",
         HEAD ROOT "path=/a|type=l|" META "target=/etc||" FIFO("/a/passwd"),
         "record at offset 145: /a/passwd lies below what is not a directory: /a", 0},
        {"below a hard link",
         HEAD ROOT DIR("/a") FIFO("/a/f") "path=/b|type=h|link=/a/f||" FIFO("/b/c"),
         "record at offset 216: /b/c lies below what is not a directory: /b", 0},
        {"hard link to nothing", HEAD ROOT "path=/b|type=h|link=/a||",
         AT78 "/b is a hard link to what is no file before it: /a", 0},
        {"hard link to a directory", HEAD ROOT DIR("/a") "path=/b|type=h|link=/a||",
         "record at offset 133: /b is a hard link to what is no file before it: /a", 0},
        {"hard link to a later file", HEAD ROOT "path=/a|type=h|link=/b||",
         AT78 "/a is a hard link to what is no file before it: /b", 0},
        {"hard link to itself", HEAD ROOT "path=/a|type=h|link=/a||",
         AT78 "/a is a hard link to what is no file before it: /a", 0},
        {"hard link to a hard link",
         HEAD ROOT FIFO("/a") "path=/b|type=h|link=/a||path=/c|type=h|link=/b||",
         "record at offset 157: /c is a hard link to what is no file before it: /b", 0},
        {"hard link to an unclean path", HEAD ROOT FIFO("/a") "path=/b|type=h|link=/./a||",
         "record at offset 133: link=/./a is not an absolute path without empty, . or .. parts", 0},
        {0},
    };

    refused(u, table);
}

/* What is accepted is written back byte for byte. */
static void round_trips(struct unit *u)
{
    static const char *const texts[] = {
        HEAD "end=0|bytes=0||",
        "manifest=1|data=none||end=0|bytes=0||",
        HEAD ROOT "end=1|bytes=0||",
        "manifest=1|data=none||" ROOT FILE_OF("/a", "size=5|extent=0+5|") "end=2|bytes=0||",
        HEAD ROOT FILE_OF("/a", "size=5|extent=0+5|") "12345"
                                                      "end=2|bytes=5||",
        /* data that looks like records, runs with holes at both ends and between */
        HEAD ROOT FILE_OF("/a", "size=99|extent=3+6|extent=10+4|") "end=0|||||"
                                                                   "end=2|bytes=10||",
        /* the slash sorts first, every other byte as unsigned */
        HEAD ROOT DIR("/a") FIFO("/a/z") FIFO("/a\x01") FIFO("/a.") FIFO("/a0")
            FIFO("/\xff") "end=7|bytes=0||",
        HEAD ROOT DIR("/a") DIR("/a/b") DIR("/a/b/c") FIFO("/a/b/c/...")
            FIFO("/b") "end=6|bytes=0||",
        HEAD ROOT
        "path=/c|type=c|mode=0|uid=4294967295|gid=1|mtime=-1.999999999|rdev=4294967295:0||"
        "path=/l|type=l|" META "target=../|xattr=user.a==b=00ff|xattr=user.b=||"
        "path=/s|type=s|" META "|end=4|bytes=0||",
        HEAD ROOT "path=/a|type=b|mode=7777|uid=0|gid=0|mtime=9223372036854775807.000000001|"
                  "atime=-9223372036854775808.000000000|ctime=-1.000000000|crtime=0.100000000|"
                  "rdev=0:4294967295||end=2|bytes=0||",
        HEAD ROOT DIR("/a") FIFO("/a/p") "path=/b|type=h|link=/a/p||path=/c|type=h|link=/a/p||"
                                         "end=5|bytes=0||",
    };
    struct taken t = {0};
    struct fault f;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t length;
        char *bytes = with_nuls(texts[i], &length);
        int rc = copy_text(texts[i], &t, &f);

        if (rc < 0)
            printf("# text %zu: %s\n", i, f.text);
        CHECK(u, rc == 0);
        CHECK(u, t.length == length && memcmp(t.bytes, bytes, length) == 0);
        free(bytes);
    }
}

/* Cut anywhere, a manifest is damaged: never a short tree, never a made-up byte. */
static void cut_anywhere(struct unit *u)
{
    static const char text[] = HEAD ROOT FILE_OF(
        "/a",
        "size=9|xattr=user.a=00|extent=0+3|extent=5+4|") "1234567"
                                                         "path=/b|type=h|link=/a||end=3|bytes=7||";
    struct taken t = {0};
    struct fault f;

    CHECK(u, copy_text(text, &t, &f) == 0);
    for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
        char part[sizeof(text)];

        memcpy(part, text, cut);
        part[cut] = '\0';
        if (copy_text(part, &t, &f) == FAULT_DAMAGED)
            continue;
        printf("# cut at %zu of %zu\n", cut, sizeof(text) - 1);
        u->ok = false;
    }
}

/* A sink that compares. */
struct expected {
    const char *bytes;
    size_t length, at;
};

static int compare(void *context, const void *bytes, size_t len, struct fault *f)
{
    struct expected *x = context;

    if (len > x->length - x->at || memcmp(x->bytes + x->at, bytes, len) != 0)
        return fault_set(f, FAULT_SYSTEM, "other bytes at %zu", x->at);
    x->at += len;
    return 0;
}

/* Copy a manifest that is in a file. */
static int copy_file(const char *bytes, size_t length, struct fault *f)
{
    static const struct sink_callbacks callbacks = {.data = compare};
    struct expected x = {.bytes = bytes, .length = length};
    int fd = memfd_create("manifest", 0), rc;
    struct stream *from;
    struct sink *to;

    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0 ||
        stream_open(fd, "file", &from, f) < 0 || sink_to_callback(&callbacks, &x, &to, f) < 0)
        abort();
    rc = copy(from, to, f);
    if (rc == 0 && x.at != length)
        rc = fault_set(f, FAULT_SYSTEM, "%zu bytes, not %zu", x.at, length);
    sink_close(to);
    stream_close(from);
    close(fd);
    return rc;
}

/* The stream's buffer may end at any byte of a record: data of just the right length is put before
 * the records, so that each of their bytes in turn is the first of a new buffer. */
static void buffer_ends_anywhere(struct unit *u)
{
    static const char rest[] =
        "path=/b|type=l|" META "target=x|xattr=user.a=00||path=/c|type=h|link=/a||";
    size_t room = STREAM_BUFFER + 4096;
    char *bytes = malloc(room), head[512], end[64];
    struct fault f;

    for (size_t back = 0; back < sizeof(rest) + 2; back++) {
        size_t data = STREAM_BUFFER - 300 - back, at;

        at = (size_t)snprintf(head, sizeof(head), HEAD ROOT FILE_OF("/a", "size=%zu|extent=0+%zu|"),
                              data, data);
        data += 300 - at; /* the data then ends `back` bytes before the buffer does */
        snprintf(head, sizeof(head), HEAD ROOT FILE_OF("/a", "size=%zu|extent=0+%zu|"), data, data);
        snprintf(end, sizeof(end), "end=4|bytes=%zu||", data);
        memcpy(bytes, head, at);
        memset(bytes + at, 'x', data);
        memcpy(bytes + at + data, rest, sizeof(rest) - 1);
        memcpy(bytes + at + data + sizeof(rest) - 1, end, strlen(end));
        room = at + data + sizeof(rest) - 1 + strlen(end);
        for (size_t i = 0; i < room; i++)
            bytes[i] = bytes[i] == '|' ? '\0' : bytes[i];
        CHECK(u, at + data == STREAM_BUFFER - back);
        CHECK(u, copy_file(bytes, room, &f) == 0);
    }
    free(bytes);
}

/* An input that cannot be read is an error of the system, not an end. */
static void input_that_fails(struct unit *u)
{
    int fd = open("/", O_RDONLY);
    struct manifest_reader *r;
    struct stream *from;
    struct fault f;

    CHECK(u, stream_open(fd, "root", &from, &f) == 0);
    CHECK(u, manifest_reader_open(from, &r, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "cannot read at offset 0: Is a directory") == 0);
    stream_close(from);
    close(fd);
}

/* A hard link finds its file among many, and only what is there. */
static void many_files(struct unit *u)
{
    struct taken t = {0};
    struct sink *to = sink_of(&t);
    struct manifest_writer *w = NULL;
    struct entry root = {.path = (char[]){"/"}, .type = ENTRY_DIRECTORY};
    char path[32], link[32];
    struct entry e = {.path = path, .link = link, .type = ENTRY_FIFO};
    struct fault f;

    CHECK(u, manifest_writer_open(to, true, &w, &f) == 0);
    CHECK(u, manifest_write_entry(w, &root, &f) == 0);
    for (int i = 0; i < 5000; i += 2) {
        t.length = 0;
        snprintf(path, sizeof(path), "/%06d", i);
        CHECK(u, manifest_write_entry(w, &e, &f) == 0);
    }
    e.type = ENTRY_HARD_LINK;
    for (int i = -1; i < 5001; i++) {
        t.length = 0;
        snprintf(path, sizeof(path), "/x%06d", i + 1);
        snprintf(link, sizeof(link), "/%06d", i);
        CHECK(u, manifest_write_entry(w, &e, &f) == (i >= 0 && i < 5000 && i % 2 == 0 ? 0 : -3));
    }
    manifest_writer_close(w);
    sink_close(to);
}

/* The i-th of the paths below, in order of i: siblings that share 60,000 bytes among short ones,
 * with some that share all but their last bytes, or are the beginning of the next. */
static void sibling(char *path, unsigned i)
{
    size_t length = (size_t)sprintf(path, "/%03u", i / 8);

    if (i % 8 == 0)
        return;
    memset(path + length, 'x', 60000);
    snprintf(path + length + 60000, 16, "%.*s", (int)(i % 8 - 1), "/aaaaaa");
}

/* Names are found among long siblings, and only those that are there: every third was added. */
static void long_siblings(struct unit *u)
{
    static char path[60064];
    struct names *n = NULL;
    struct fault f;

    CHECK(u, names_open(&n, &f) == 0 && !names_have(n, "/"));
    for (unsigned i = 0; i < 1000; i += 3) {
        sibling(path, i);
        CHECK(u, names_add(n, path, &f) == 0);
    }
    for (unsigned i = 0; i < 1000; i++) {
        sibling(path, i);
        CHECK(u, names_have(n, path) == (i % 3 == 0));
    }
    CHECK(u, !names_have(n, "/") && !names_have(n, "/124x") && !names_have(n, "/zz"));
    names_close(n);
}

/* The writer refuses what a reader would, and says what. */
static void writer_refuses(struct unit *u)
{
    struct taken t = {0};
    struct sink *to = sink_of(&t);
    struct manifest_writer *w = NULL;
    struct entry e = {.path = (char[]){"/"}, .type = ENTRY_DIRECTORY};
    struct fault f;
    size_t written;

    CHECK(u, manifest_writer_open(to, true, &w, &f) == 0);
    written = t.length;
    e.mode = 010000;
    CHECK(u, manifest_write_entry(w, &e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "/: mode 10000 is more than 7777") == 0);
    e.mode = 0755;
    e.mtime.nanoseconds = 1000000000;
    CHECK(u, manifest_write_entry(w, &e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "/: mtime has 1000000000 nanoseconds") == 0);
    e.mtime.nanoseconds = 0;
    CHECK(u, entry_add_extent(&e, 0, 1, &f) == 0);
    CHECK(u, manifest_write_entry(w, &e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "/: type=d has data; only a file may") == 0);
    e.path = NULL;
    CHECK(u, manifest_write_entry(w, &e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "(no path): there is no path=") == 0);
    CHECK(u, t.length == written);
    entry_free(&e);

    e = (struct entry){.path = (char[]){"/"}, .type = ENTRY_DIRECTORY};
    CHECK(u, manifest_write_entry(w, &e, &f) == 0);
    e = (struct entry){.path = (char[]){"/a"}, .type = ENTRY_FILE, .size = 2};
    CHECK(u, entry_add_extent(&e, 0, 2, &f) == 0);
    CHECK(u, manifest_write_entry(w, &e, &f) == 0);
    manifest_writer_data(w, 1);
    CHECK(u, manifest_writer_end(w, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "1 bytes of the last record's data are missing") == 0);
    e.path = NULL;
    entry_free(&e);
    manifest_writer_close(w);
    sink_close(to);
}

/* A writer that fails says so, and the reader passes it on. */
static void writer_fails(struct unit *u)
{
    static const char want[] = "manifest=1\0data=inline\0\0error=block 7 is damaged\0";
    struct taken t = {0};
    struct sink *to = sink_of(&t);
    struct manifest_writer *w = NULL;
    struct fault f;

    CHECK(u, manifest_writer_open(to, true, &w, &f) == 0);
    fault_set(&f, FAULT_DAMAGED, "block 7 is damaged");
    manifest_writer_fail(w, &f);
    CHECK(u, t.length == sizeof(want) && memcmp(t.bytes, want, sizeof(want)) == 0);
    manifest_writer_close(w);
    sink_close(to);
}

/* One that fails within a file's data says nothing there, where it would pass for data. */
static void writer_fails_in_data(struct unit *u)
{
    struct taken t = {0};
    struct sink *to = sink_of(&t);
    struct manifest_writer *w = NULL;
    struct entry root = {.path = (char[]){"/"}, .type = ENTRY_DIRECTORY};
    struct entry e = {.path = (char[]){"/a"}, .type = ENTRY_FILE, .size = 9};
    struct fault f;
    size_t written;

    CHECK(u, entry_add_extent(&e, 0, 9, &f) == 0);
    CHECK(u, manifest_writer_open(to, true, &w, &f) == 0);
    CHECK(u, manifest_write_entry(w, &root, &f) == 0 && manifest_write_entry(w, &e, &f) == 0);
    CHECK(u, sink_data(to, "12345678", 8, &f) == 0);
    manifest_writer_data(w, 8);
    written = t.length;
    fault_set(&f, FAULT_DAMAGED, "block 7 is damaged");
    manifest_writer_fail(w, &f);
    CHECK(u, t.length == written);
    /* With the last byte the record is complete, and the next one may be an error. */
    manifest_writer_data(w, 1);
    manifest_writer_fail(w, &f);
    CHECK(u, t.length == written + sizeof("error=block 7 is damaged\0"));
    e.path = NULL;
    entry_free(&e);
    manifest_writer_close(w);
    sink_close(to);
}

/* A file that has no other name is not remembered, so nothing can be a hard link to it. */
static void only_names(struct unit *u)
{
    struct taken t = {0};
    struct sink *to = sink_of(&t);
    struct manifest_writer *w = NULL;
    struct entry root = {.path = (char[]){"/"}, .type = ENTRY_DIRECTORY};
    struct entry only = {.path = (char[]){"/a"}, .type = ENTRY_FIFO, .only_name = true};
    struct entry first = {.path = (char[]){"/b"}, .type = ENTRY_FIFO};
    struct entry link = {.path = (char[]){"/c"}, .type = ENTRY_HARD_LINK, .link = only.path};
    struct fault f;

    CHECK(u, manifest_writer_open(to, true, &w, &f) == 0);
    CHECK(u, manifest_write_entry(w, &root, &f) == 0);
    CHECK(u, manifest_write_entry(w, &only, &f) == 0 && manifest_write_entry(w, &first, &f) == 0);
    CHECK(u, manifest_write_entry(w, &link, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "/c is a hard link to what is no file before it: /a") == 0);
    link.link = first.path;
    CHECK(u, manifest_write_entry(w, &link, &f) == 0);
    manifest_writer_close(w);
    sink_close(to);
}

/* A sink that fails at any byte is an error of the writer, not less text. */
static void sink_fails_anywhere(struct unit *u)
{
    static const char text[] = HEAD ROOT FILE_OF("/a", "size=5|extent=0+5|") "12345end=2|bytes=5||";
    struct taken t = {0};
    struct fault f;

    for (t.refuse_at = 1; t.refuse_at < sizeof(text) - 1; t.refuse_at++)
        CHECK(u, copy_text(text, &t, &f) == FAULT_SYSTEM &&
                     strcmp(f.text, "write failed: Input/output error") == 0);
    CHECK(u, copy_text(text, &t, &f) == 0);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, first_and_last_record);
    UNIT_CASE(&u, fields_and_numbers);
    UNIT_CASE(&u, attributes_and_extents);
    UNIT_CASE(&u, paths_and_order);
    UNIT_CASE(&u, round_trips);
    UNIT_CASE(&u, cut_anywhere);
    UNIT_CASE(&u, buffer_ends_anywhere);
    UNIT_CASE(&u, input_that_fails);
    UNIT_CASE(&u, many_files);
    UNIT_CASE(&u, long_siblings);
    UNIT_CASE(&u, writer_refuses);
    UNIT_CASE(&u, writer_fails);
    UNIT_CASE(&u, writer_fails_in_data);
    UNIT_CASE(&u, only_names);
    UNIT_CASE(&u, sink_fails_anywhere);
    return unit_end(&u);
}
