/* SPDX-License-Identifier: MIT */
/* io/: every kind of source, the cache, the engine, sinks, streams; and what they say when reads
 * fail or inputs end. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "base/bytes.h"
#include "io/engine.h"
#include "io/reader.h"
#include "io/sink.h"
#include "io/source.h"
#include "io/stream.h"
#include "io/unpack.h"
#include "unit.h"

enum { MEBI = 1 << 20 };

/* Bytes that tell their own offset. */
static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)((offset * UINT64_C(0x9e3779b97f4a7c15)) >> 56 | 1);
}

static uint8_t *pattern(size_t len)
{
    uint8_t *p = malloc(len);

    for (size_t i = 0; p && i < len; i++)
        p[i] = byte_at(i);
    return p;
}

/* A pipe that a child fills with `data`; the read end. */
static int pipe_of(const uint8_t *data, size_t len)
{
    int ends[2];

    if (pipe(ends) < 0)
        abort();
    if (fork() == 0) {
        close(ends[0]);
        while (len) {
            ssize_t n = write(ends[1], data, len);

            if (n < 0)
                _exit(0); /* SIGPIPE is ignored: the reader had enough */
            data += n;
            len -= (size_t)n;
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static int memory_file(const uint8_t *data, size_t len)
{
    int fd = memfd_create("unit", 0);

    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        abort();
    return fd;
}

static struct source *open_memory(const void *data, size_t len)
{
    struct source *s;
    struct fault f;

    if (source_from_memory(data, len, "mem", &s, &f) < 0)
        abort();
    return s;
}

/* Read [offset, offset + len) through a small cache, and past it, and compare with the pattern. */
static bool reads_pattern(struct source *s, uint64_t offset, size_t len)
{
    uint8_t *buffer = malloc(len);
    struct reader *r;
    struct fault f;
    bool same = reader_open(s, 1 << 18, &r, &f) == 0;

    for (unsigned once = 0; same && once < 2; once++) {
        memset(buffer, 0x5a, len);
        same = (once ? reader_read_once : reader_read)(r, offset, buffer, len, &f) == 0;
        for (size_t i = 0; same && i < len; i++)
            same = buffer[i] == byte_at(offset + i);
    }
    reader_close(r);
    free(buffer);
    return same;
}

static void a_file_maps_its_holes(struct unit *u)
{
    int fd = memfd_create("holes", 0);
    uint8_t *data = pattern(MEBI);
    struct source *s;
    struct extent e;
    struct fault f;

    CHECK(u, ftruncate(fd, 3 * MEBI) == 0 && pwrite(fd, data, MEBI, MEBI) == MEBI);
    CHECK(u, source_from_fd(fd, "holes", &s, &f) == 0 && s->size == 3 * MEBI);
    CHECK(u, source_map(s, 0, 3 * MEBI, &e, &f) == 0);
    CHECK(u, e.kind == EXTENT_HOLE && e.length == MEBI);
    CHECK(u, source_map(s, MEBI + 5, MEBI * 2 - 5, &e, &f) == 0);
    CHECK(u, e.kind == EXTENT_FILE && e.length == MEBI - 5 && e.file.offset == MEBI + 5);
    CHECK(u, source_map(s, 2 * MEBI, 1, &e, &f) == 0 && e.kind == EXTENT_HOLE && e.length == 1);
    CHECK(u, source_map(s, 3 * MEBI, 1, &e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text,
                    "a read needs bytes 3145728 to 3145729, but the input ends at 3145728") == 0);
    CHECK(u, source_map(s, UINT64_MAX, 2, &e, &f) == FAULT_DAMAGED);
    source_close(s);
    free(data);
}

/* What was there when the file was opened and is no more is not zeros. */
static void a_file_that_shrinks_is_damage(struct unit *u)
{
    int fd = memfd_create("shrinks", 0);
    struct source *s;
    struct extent e;
    struct fault f;

    CHECK(u, pwrite(fd, "x", 1, 0) == 1 && ftruncate(fd, 4 * MEBI) == 0);
    CHECK(u, pwrite(fd, "x", 1, 4 * MEBI - 1) == 1);
    CHECK(u, source_from_fd(dup(fd), "shrinks", &s, &f) == 0);
    CHECK(u, ftruncate(fd, MEBI) == 0);
    CHECK(u, source_map(s, 2 * MEBI, MEBI, &e, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "has shrunk from 4194304 to 1048576 bytes while it was read") == 0);
    CHECK(u, source_map(s, 2 * MEBI, MEBI, &e, &f) == FAULT_DAMAGED);
    source_close(s);
    close(fd);
}

/* A fifo or a socket that a user names is a pipe. */
static void a_named_pipe_is_a_pipe(struct unit *u)
{
    uint8_t *data = pattern(1000);
    int fd = pipe_of(data, 1000);
    char path[32];
    struct source *s;
    struct fault f;
    uint64_t size;

    snprintf(path, sizeof(path), "/dev/fd/%d", fd);
    CHECK(u, source_open_path(path, &s, &f) == 0 && source_is_pipe(s));
    CHECK(u, source_size(s, &size, &f) == 0 && size == 1000 && reads_pattern(s, 0, 1000));
    source_close(s);
    close(fd);
    free(data);
}

static void directories_are_no_files(struct unit *u)
{
    struct source *s;
    struct fault f;

    CHECK(u, source_open_path("/", &s, &f) == FAULT_USAGE);
    CHECK(u, strcmp(f.text, "is a directory, not a file") == 0);
    CHECK(u, source_open_path("/nonexistent", &s, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "cannot open: No such file or directory") == 0);
    CHECK(u, strcmp(f.subject, "/nonexistent") == 0);
}

static void a_slice_adds_its_start(struct unit *u)
{
    uint8_t *data = pattern(MEBI);
    struct source *s = open_memory(data, MEBI);
    struct extent e;
    struct fault f;

    CHECK(u, source_slice(s, 1000, 5000, &s, &f) == 0 && s->size == 5000);
    CHECK(u, source_map(s, 10, 100, &e, &f) == 0 && e.memory == data + 1010);
    CHECK(u, source_map(s, 4999, 2, &e, &f) == FAULT_DAMAGED);
    source_close(s);
    /* A slice may be made past the end of what is below; it then fails when it is used. */
    CHECK(u, source_slice(open_memory(data, 100), 50, 100, &s, &f) == 0);
    CHECK(u, source_map(s, 60, 1, &e, &f) == FAULT_DAMAGED);
    source_close(s);
    CHECK(u, source_slice(open_memory(data, 100), UINT64_MAX, 2, &s, &f) == FAULT_DAMAGED);
    free(data);
}

static void a_pipe_is_read_no_further_than_asked(struct unit *u)
{
    uint8_t *data = pattern(4 * MEBI);
    struct source *s;
    struct fault f;
    uint64_t size;

    CHECK(u, source_from_pipe(pipe_of(data, 4 * MEBI), "pipe", &s, &f) == 0);
    CHECK(u, source_is_pipe(s) && s->size == SIZE_UNKNOWN && source_pipe_kept(s) == 0);
    CHECK(u, source_require(s, 100, 900, "a header", &f) == 0 && source_pipe_kept(s) == 1000);
    CHECK(u, reads_pattern(s, 5000, 100000) && source_pipe_kept(s) == 105000);
    CHECK(u, reads_pattern(s, 0, 70000));
    CHECK(u, source_size(s, &size, &f) == 0 && size == 4 * MEBI);
    CHECK(u, reads_pattern(s, 0, 4 * MEBI));
    CHECK(u, source_require(s, 4 * MEBI, 1, "a header", &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text,
                    "a header needs bytes 4194304 to 4194305, but the input ends at 4194304") == 0);
    source_close(s);
    free(data);
}

static void a_pipes_zeros_are_kept_as_holes(struct unit *u)
{
    uint8_t *data = calloc(1, 8 * MEBI);
    struct source *s;
    struct extent e;
    struct fault f;
    uint64_t size;

    memset(data + 4 * MEBI, 'x', 4096);
    CHECK(u, source_from_pipe(pipe_of(data, 8 * MEBI), "pipe", &s, &f) == 0);
    CHECK(u, source_size(s, &size, &f) == 0 && size == 8 * MEBI);
    CHECK(u, source_map(s, 0, size, &e, &f) == 0);
    CHECK(u, e.kind == EXTENT_HOLE && e.length == 4 * MEBI);
    CHECK(u, source_map(s, 4 * MEBI, 4 * MEBI, &e, &f) == 0);
    CHECK(u, e.kind == EXTENT_FILE && e.length <= 64 * 1024);
    source_close(s);
    free(data);
}

/* What a sink was given, gathered through the callback kind. */
struct gathered {
    uint8_t *bytes;
    size_t length;
    uint64_t holes;
};

static int gather(void *context, const void *bytes, size_t len, struct fault *f)
{
    struct gathered *g = context;

    (void)f;
    memcpy(g->bytes + g->length, bytes, len);
    g->length += len;
    return 0;
}

static int gather_hole(void *context, uint64_t length, struct fault *f)
{
    struct gathered *g = context;

    (void)f;
    memset(g->bytes + g->length, 0, length);
    g->length += length;
    g->holes += length;
    return 0;
}

static struct sink *gathering_sink(struct gathered *g, size_t room)
{
    static const struct sink_callbacks callbacks = {.data = gather, .hole = gather_hole};
    struct sink *s;
    struct fault f;

    *g = (struct gathered){.bytes = malloc(room)};
    if (!g->bytes || sink_to_callback(&callbacks, g, &s, &f) < 0)
        abort();
    return s;
}

static bool is_pattern(const struct gathered *g, uint64_t offset, size_t length)
{
    bool same = g->length == length;

    for (size_t i = 0; same && i < length; i++)
        same = g->bytes[i] == byte_at(offset + i);
    return same;
}

static void zeros_from_a_pipe_become_holes_where_they_can(struct unit *u)
{
    uint8_t *data = calloc(1, 4 * MEBI);
    struct engine *e;
    struct gathered g;
    struct fault f;
    struct source *s;
    struct sink *to = gathering_sink(&g, 4 * MEBI);

    data[3 * MEBI] = 7;
    CHECK(u, engine_open(&e, &f) == 0);
    CHECK(u, source_from_pipe(pipe_of(data, 4 * MEBI), "pipe", &s, &f) == 0);
    CHECK(u, engine_stream(e, s, 0, SIZE_UNKNOWN, to, NULL, &f) == 0);
    CHECK(u, g.length == 4 * MEBI && memcmp(g.bytes, data, 4 * MEBI) == 0);
    CHECK(u, g.holes == 4 * MEBI - 4096);
    sink_close(to);
    source_close(s);
    engine_close(e);
    free(g.bytes);
    free(data);
}

static void the_engine_streams_a_range_of_a_pipe(struct unit *u)
{
    static const uint64_t starts[] = {0, 500, 1000, 70000, 2 * MEBI};
    uint8_t *data = pattern(4 * MEBI);
    struct engine *e;
    struct gathered g;
    struct fault f;

    CHECK(u, engine_open(&e, &f) == 0);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct sink *to = gathering_sink(&g, 4 * MEBI);
        struct source *s;

        CHECK(u, source_from_pipe(pipe_of(data, 4 * MEBI), "pipe", &s, &f) == 0);
        CHECK(u, source_require(s, 0, 1000, "a header", &f) == 0);
        CHECK(u, engine_stream(e, s, starts[i], MEBI, to, NULL, &f) == 0);
        CHECK(u, is_pattern(&g, starts[i], MEBI));
        sink_close(to);
        source_close(s);
        free(g.bytes);
    }
    engine_close(e);
    free(data);
}

static void a_pipe_that_ends_early_is_no_success(struct unit *u)
{
    uint8_t *data = pattern(10000);
    struct engine *e;
    struct gathered g;
    struct fault f;
    struct source *s;
    struct sink *to = gathering_sink(&g, 20000);

    CHECK(u, engine_open(&e, &f) == 0);
    CHECK(u, source_from_pipe(pipe_of(data, 10000), "pipe", &s, &f) == 0);
    CHECK(u, engine_stream(e, s, 5000, 10000, to, NULL, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "the input ends at 10000, 5000 bytes before the end of the data") == 0);
    source_close(s);
    CHECK(u, source_from_pipe(pipe_of(data, 10000), "pipe", &s, &f) == 0);
    CHECK(u, engine_stream(e, s, 15000, 1, to, NULL, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "the input ends at 10000, before offset 15000 where the data starts") ==
                 0);
    source_close(s);
    sink_close(to);
    engine_close(e);
    free(g.bytes);
    free(data);
}

static void holes_stay_holes_in_a_sparse_file(struct unit *u)
{
    uint8_t *data = pattern(MEBI);
    uint8_t back[16];
    int fd = memfd_create("sparse", 0);
    struct sink *to;
    struct stat st;
    struct fault f;

    CHECK(u, sink_to_fd(fd, "sparse", &to, &f) == 0);
    CHECK(u, sink_hole(to, 8 * MEBI, &f) == 0 && sink_data(to, data, 10, &f) == 0);
    CHECK(u, sink_hole(to, 8 * MEBI, &f) == 0 && sink_finish(to, &f) == 0);
    CHECK(u, fstat(fd, &st) == 0 && st.st_size == 16 * MEBI + 10 && st.st_blocks <= 16);
    CHECK(u, pread(fd, back, 10, 8 * MEBI) == 10 && memcmp(back, data, 10) == 0);
    sink_close(to);
    close(fd);
    free(data);
}

/* A file with something behind the position must be written over, zeros included. */
static void holes_overwrite_what_a_file_had(struct unit *u)
{
    uint8_t *data = pattern(MEBI);
    uint8_t back[16];
    int fd = memory_file(data, MEBI);
    struct sink *to;
    struct fault f;

    CHECK(u, lseek(fd, 0, SEEK_SET) == 0);
    CHECK(u, sink_to_fd(fd, "old", &to, &f) == 0);
    CHECK(u, sink_hole(to, 16, &f) == 0 && sink_finish(to, &f) == 0);
    CHECK(u, pread(fd, back, 16, 0) == 16 && bytes_are_zero(back, 16));
    sink_close(to);
    close(fd);
    free(data);
}

static void a_full_disk_is_no_success(struct unit *u)
{
    uint8_t *data = pattern(MEBI);
    int fd = open("/dev/full", O_WRONLY);
    struct sink *to;
    struct fault f;

    CHECK(u, sink_to_fd(fd, "full", &to, &f) == 0);
    CHECK(u, sink_data(to, data, 10, &f) == 0); /* buffered */
    CHECK(u, sink_finish(to, &f) == FAULT_SYSTEM);
    CHECK(u, strcmp(f.text, "write failed: No space left on device") == 0);
    CHECK(u, sink_data(to, data, MEBI, &f) == FAULT_SYSTEM);
    sink_close(to);
    close(fd);
    free(data);
}

/* A source that answers with one compressed cluster. */
struct packed_source {
    struct source base;
    struct extent answer;
};

static int packed_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                      struct fault *f)
{
    const struct packed_source *s = (const struct packed_source *)base;

    (void)f;
    *out = s->answer;
    out->packed.skip = (uint32_t)offset;
    out->length = length;
    return 0;
}

static void packed_close(struct source *s)
{
    (void)s;
}

static const struct source_ops packed_ops = {.map = packed_map, .close = packed_close};

static struct packed_source packed(struct source *below, enum codec codec, uint32_t unpacked)
{
    return (struct packed_source){
        .base = {.ops = &packed_ops, .name = "packed", .size = unpacked},
        .answer = {.kind = EXTENT_PACKED,
                   .packed = {.below = below,
                              .packed_max = (uint32_t)below->size,
                              .unpacked = unpacked,
                              .codec = codec}},
    };
}

static size_t deflate_raw(const uint8_t *data, size_t len, uint8_t *to, size_t room)
{
    z_stream z = {0};

    if (deflateInit2(&z, 6, Z_DEFLATED, -12, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)len;
    z.next_out = to;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    deflateEnd(&z);
    return z.total_out;
}

static int unpack_as(const uint8_t *bytes, size_t len, enum codec codec, uint32_t unpacked,
                     const uint8_t *want, struct fault *f)
{
    struct source *below = open_memory(bytes, len);
    struct packed_source p = packed(below, codec, unpacked);
    const uint8_t *data;
    struct unpacker *unpacker;
    struct extent e;
    int code;

    if (unpacker_open(2, &unpacker, f) < 0 || source_map(&p.base, 0, unpacked, &e, f) < 0)
        abort();
    code = unpacker_get(unpacker, &e, &data, f);
    if (code == 0 && want && memcmp(data, want, unpacked) != 0)
        code = 1;
    unpacker_close(unpacker);
    source_close(below);
    return code;
}

/* Each codec: exact, with padding behind, one byte too few and too many claimed, cut, garbage. */
static void check_codec(struct unit *u, enum codec codec, const uint8_t *data, const uint8_t *bytes,
                        size_t n)
{
    struct fault f;

    CHECK(u, unpack_as(bytes, n, codec, 65536, data, &f) == 0);
    CHECK(u, unpack_as(bytes, n + 100, codec, 65536, data, &f) == 0);
    CHECK(u, unpack_as(bytes, n, codec, 65537, NULL, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text,
                    "compressed cluster at offset 0 unpacks to only 65536 bytes, not 65537") == 0);
    CHECK(u, strcmp(f.subject, "mem") == 0);
    CHECK(u, unpack_as(bytes, n, codec, 65535, NULL, &f) == FAULT_DAMAGED);
    CHECK(u, unpack_as(bytes, n / 2, codec, 65536, NULL, &f) == FAULT_DAMAGED);
    CHECK(u, unpack_as((const uint8_t *)"\xff\xff\xff\xff\xff", 5, codec, 65536, NULL, &f) ==
                 FAULT_DAMAGED);
}

static void clusters_unpack_to_their_exact_length(struct unit *u)
{
    uint8_t *data = pattern(65536);
    uint8_t *bytes = calloc(1, 1 << 18);
    size_t n = deflate_raw(data, 65536, bytes, 1 << 17);

    check_codec(u, CODEC_DEFLATE, data, bytes, n);
    memset(bytes, 0, 1 << 18);
    n = ZSTD_compress(bytes, 1 << 17, data, 65536, 3);
    check_codec(u, CODEC_ZSTD, data, bytes, n);
    free(data);
    free(bytes);
}

static void planned_failures_reach_the_top(struct unit *u)
{
    uint8_t *data = pattern(200000);
    struct reader *r;
    struct source *s;
    struct fault f;
    uint8_t one;

    CHECK(u, source_faulty(open_memory(data, 200000), FAULTY_ERROR, 70000, &s, &f) == 0);
    CHECK(u, reader_open(s, 1 << 20, &r, &f) == 0);
    CHECK(u, reader_read(r, 10, &one, 1, &f) == 0 && one == byte_at(10));
    CHECK(u, reader_read(r, 65536, &one, 1, &f) == FAULT_SYSTEM); /* the same cached block */
    CHECK(u, strcmp(f.text, "planned failure at offset 70000") == 0);
    CHECK(u, reader_read(r, 65536, &one, 1, &f) == FAULT_SYSTEM); /* not cached as good */
    CHECK(u, reader_read(r, 140000, &one, 1, &f) == 0 && one == byte_at(140000));
    CHECK(u, reader_read_once(r, 70000, &one, 1, &f) == FAULT_SYSTEM);
    CHECK(u, reader_read_once(r, 199999, &one, 2, &f) == FAULT_DAMAGED);
    reader_close(r);
    source_close(s);
    CHECK(u, source_faulty(open_memory(data, 200000), FAULTY_SHORT, 70000, &s, &f) == 0);
    CHECK(u, reads_pattern(s, 0, 70000) && !reads_pattern(s, 0, 70001));
    source_close(s);
    free(data);
}

static void a_stream_is_read_in_any_pieces(struct unit *u)
{
    uint8_t *data = pattern(3 * MEBI);
    const uint8_t *bytes;
    struct stream *s;
    struct fault f;
    uint8_t piece[1000];
    size_t got;
    uint64_t at = 0;
    int fd = pipe_of(data, 3 * MEBI);

    CHECK(u, stream_open(fd, "pipe", &s, &f) == 0);
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(u, stream_peek(s, i * 700, &bytes, &got, &f) == 0 && got >= i * 700);
        CHECK(u, got == 0 || bytes[0] == byte_at(at));
        CHECK(u, stream_read(s, piece, i, &f) == 0);
        CHECK(u, memcmp(piece, data + at, i) == 0);
        at += i;
    }
    CHECK(u, stream_offset(s) == at);
    while (stream_peek(s, 1, &bytes, &got, &f) == 0 && got > 0) {
        CHECK(u, memcmp(bytes, data + at, got) == 0);
        stream_take(s, got);
        at += got;
    }
    CHECK(u, at == 3 * MEBI);
    CHECK(u, stream_read(s, piece, 3, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "ends at offset 3145728, where 3 more bytes should be") == 0);
    stream_close(s);
    close(fd);
    free(data);
}

int main(void)
{
    struct unit u = {0};

    signal(SIGPIPE, SIG_IGN);
    UNIT_CASE(&u, a_file_maps_its_holes);
    UNIT_CASE(&u, a_file_that_shrinks_is_damage);
    UNIT_CASE(&u, a_named_pipe_is_a_pipe);
    UNIT_CASE(&u, directories_are_no_files);
    UNIT_CASE(&u, a_slice_adds_its_start);
    UNIT_CASE(&u, a_pipe_is_read_no_further_than_asked);
    UNIT_CASE(&u, a_pipes_zeros_are_kept_as_holes);
    UNIT_CASE(&u, zeros_from_a_pipe_become_holes_where_they_can);
    UNIT_CASE(&u, the_engine_streams_a_range_of_a_pipe);
    UNIT_CASE(&u, a_pipe_that_ends_early_is_no_success);
    UNIT_CASE(&u, holes_stay_holes_in_a_sparse_file);
    UNIT_CASE(&u, holes_overwrite_what_a_file_had);
    UNIT_CASE(&u, a_full_disk_is_no_success);
    UNIT_CASE(&u, clusters_unpack_to_their_exact_length);
    UNIT_CASE(&u, planned_failures_reach_the_top);
    UNIT_CASE(&u, a_stream_is_read_in_any_pieces);
    return unit_end(&u);
}
