/* SPDX-License-Identifier: MIT */
/* Blocks of an engram decoded only as far as their chunks are wanted: what it costs, and misses. */
#include "engram/blockpart.h"

#include "engram/chunkrows.h"
#include "engram/internal.h"
#include "engram_made.h"
#include "unit.h"

enum {
    DATA_BYTES = 3000000,
    STEP_BYTES = 1 << 17, /* of content in a block of a zstd frame, which are decoded at once */
};

static uint32_t next_number(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Bytes that do not compress. */
static uint8_t *made_noise(uint32_t seed)
{
    uint8_t *data = malloc(DATA_BYTES);

    for (size_t i = 0; i < DATA_BYTES; i++)
        data[i] = (uint8_t)(next_number(&seed) >> 16);
    return data;
}

/* Bytes of which three quarters have been there not long before. */
static uint8_t *made_text(void)
{
    uint8_t *data = made_noise(1);
    uint32_t seed = 1;

    for (size_t i = 0; i < DATA_BYTES; i++)
        data[i] &= 0x3f;
    for (size_t i = 1024; i + 96 <= DATA_BYTES; i += 128)
        memcpy(data + i, data + i - 96 - next_number(&seed) % (i < 60000 ? 900 : 59000), 96);
    return data;
}

/* ---- frames ---- */

struct packed {
    uint8_t *content, *frame, *to;
    size_t length;
};

static struct packed pack(struct unit *u)
{
    struct frame_settings settings = {.level = 3, .window_bytes = 1 << 22};
    struct packed p = {.content = made_text()};
    struct frame_packer *packer;
    struct fault f;

    p.frame = malloc(frame_bound(DATA_BYTES));
    p.to = malloc(DATA_BYTES);
    CHECK(u, frame_packer_open(&packer, &f) == 0);
    CHECK(u, frame_pack(packer, &settings, p.content, DATA_BYTES, p.frame, &p.length, &f) == 0);
    frame_packer_close(packer);
    return p;
}

static void drop(struct packed *p)
{
    free(p->content);
    free(p->frame);
    free(p->to);
}

/* Feed pieces of this length until there are `wanted` bytes or a fault; *have of them right. */
static int feed(struct unit *u, struct frame_stream *s, const struct packed *p, size_t piece,
                size_t wanted, size_t *have, struct fault *f)
{
    size_t at = 0;

    *have = 0;
    memset(p->to, 0, DATA_BYTES);
    if (frame_stream_begin(s, p->frame, p->length, p->to, DATA_BYTES, f) < 0)
        return f->code;
    while (*have < wanted && at < p->length) {
        size_t had = *have, used = 0, n = p->length - at < piece ? p->length - at : piece;
        uint8_t *copy = malloc(n); /* just so long, so that the sanitizer sees the ends */
        int rc;

        memcpy(copy, p->frame + at, n);
        rc = frame_stream_feed(s, copy, n, &used, have, f);
        free(copy);
        if (rc < 0)
            return rc;
        CHECK(u, used <= n && *have >= had && *have - had <= STEP_BYTES);
        at += used;
    }
    CHECK(u, memcmp(p->to, p->content, *have) == 0);
    return 0;
}

static void frames_come_in_pieces_of_any_length(struct unit *u)
{
    static const size_t pieces[] = {1, 7, 4096, 100000, DATA_BYTES};
    struct packed p = pack(u);
    struct frame_stream *s;
    struct fault f;
    size_t have;

    CHECK(u, frame_stream_open(&s, &f) == 0);
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        CHECK(u, feed(u, s, &p, pieces[i], 500000, &have, &f) == 0);
        CHECK(u, have >= 500000 && have < 500000 + STEP_BYTES);
        CHECK(u, feed(u, s, &p, pieces[i], DATA_BYTES, &have, &f) == 0);
        CHECK(u, have == DATA_BYTES);
    }
    frame_stream_close(s);
    drop(&p);
}

static void nothing_comes_after_the_end_of_a_frame(struct unit *u)
{
    struct packed p = pack(u);
    struct frame_stream *s;
    struct fault f;
    size_t have, used;

    CHECK(u, frame_stream_open(&s, &f) == 0);
    CHECK(u, feed(u, s, &p, DATA_BYTES, DATA_BYTES + 1, &have, &f) == 0);
    CHECK(u, have == DATA_BYTES);
    CHECK(u, frame_stream_feed(s, p.frame, 100, &used, &have, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "its zstd frame ends after 3000000 bytes of content") == 0);
    frame_stream_close(s);
    drop(&p);
}

static void the_start_of_a_frame_must_be_that_of_a_whole_one(struct unit *u)
{
    static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};
    struct packed p = pack(u);
    struct frame_stream *s;
    struct fault f;

    CHECK(u, frame_stream_open(&s, &f) == 0);
    CHECK(u, frame_stream_begin(s, p.frame, p.length, p.to, DATA_BYTES - 1, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "its zstd frame does not claim 2999999 bytes of content") == 0);
    p.frame[4] &= (uint8_t)~4;
    CHECK(u, frame_stream_begin(s, p.frame, p.length, p.to, DATA_BYTES, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "its zstd frame has no checksum") == 0);
    CHECK(u, frame_stream_begin(s, magic, sizeof(magic), p.to, 0, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.text, "it is not a zstd frame") == 0);
    frame_stream_close(s);
    drop(&p);
}

/* Wherever a frame is damaged: a fault, or so many bytes as were asked for and no more. */
static void damaged_frames_stay_in_their_place(struct unit *u)
{
    struct packed p = pack(u);
    struct frame_stream *s;
    struct fault f;
    size_t faults = 0;

    CHECK(u, frame_stream_open(&s, &f) == 0);
    for (size_t at = 4; at < p.length; at += at < 600 ? 3 : p.length / 40) {
        size_t in = 0, have = 0, used;

        p.frame[at] ^= 0x41;
        if (frame_stream_begin(s, p.frame, p.length, p.to, DATA_BYTES, &f) == 0)
            while (in < p.length &&
                   frame_stream_feed(s, p.frame + in, p.length - in, &used, &have, &f) == 0)
                in += used;
        CHECK(u, have <= DATA_BYTES);
        faults += in < p.length;
        p.frame[at] ^= 0x41;
    }
    CHECK(u, faults > 100);
    frame_stream_close(s);
    drop(&p);
}

/* ---- blocks ---- */

/* Two files in blocks of their own, of 1 MiB: one compresses, the other does not. */
struct made {
    struct memory m;
    struct source *source;
    struct engram *g;
};

static struct made open_made(struct unit *u)
{
    uint8_t *text = made_text(), *noise = made_noise(2);
    struct engram_writer *w;
    struct made made = {0};
    struct sink *to = memory_sink(&made.m);
    struct fault f;

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(w, "/noise.gz", ENTRY_FILE, noise, DATA_BYTES, &f) == 0);
    CHECK(u, add_made(w, "/text", ENTRY_FILE, text, DATA_BYTES, &f) == 0);
    finish_made(u, w, to);
    free(text);
    free(noise);
    made.g = open_memory(u, &made.m, &made.source);
    return made;
}

static void close_made(struct made *made)
{
    engram_close(made->g);
    source_close(made->source);
    free(made->m.bytes);
}

/* Is the chunk given, and is it what its SHA-256 says? */
static bool gives(struct engram *g, uint32_t chunk)
{
    uint8_t digest[SHA256_BYTES];
    const uint8_t *data;
    struct fault f;

    if (blockcache_chunk(g->cache, chunk, &data, &f) < 0)
        return false;
    sha256_of(data, chunkrows_length(&g->tables, chunk), digest);
    return memcmp(digest, chunkrows_sha256(&g->tables, chunk), SHA256_BYTES) == 0;
}

/* The first chunk of a block, or the one `next` chunks after it. */
static uint32_t chunk_of(const struct engram *g, uint32_t block, uint32_t next)
{
    uint32_t chunk = 0;

    while (chunkrows_block(&g->tables, chunk) != block || next-- > 0)
        chunk++;
    return chunk;
}

static uint32_t size_of(const struct engram *g, uint32_t block)
{
    return g->tables.blocks[block].row.unpacked;
}

/* The first block of the files. */
static uint32_t block_of(const struct engram *g, bool compressed)
{
    uint32_t block = 0;

    while ((g->tables.blocks[block].row.stored < size_of(g, block) / 2) != compressed)
        block++;
    return block;
}

static void a_block_is_decoded_as_far_as_it_is_wanted(struct unit *u)
{
    struct made made = open_made(u);
    struct engram *g = made.g;
    const uint8_t *whole;
    struct fault f;

    for (uint32_t block = 0, before = 0; block < 2; block++, before = size_of(g, 0)) {
        uint32_t last = g->tables.blocks[block].last_chunk;

        for (uint32_t i = chunk_of(g, block, 0); i <= last; i++) {
            uint64_t end = chunkrows_offset(&g->tables, i) + chunkrows_length(&g->tables, i);
            uint64_t decoded;

            CHECK(u, gives(g, i));
            decoded = blockcache_decoded(g->cache) - before;
            CHECK(u, decoded >= end && decoded < end + STEP_BYTES && decoded <= size_of(g, block));
        }
        CHECK(u, gives(g, chunk_of(g, block, 0)));
        CHECK(u, blockcache_decoded(g->cache) == before + size_of(g, block));
    }
    /* What was had in parts is not taken for the whole. */
    CHECK(u, blockcache_get(g->cache, 0, &whole, &f) == 0);
    CHECK(u, blockcache_decoded(g->cache) == 2 * (uint64_t)size_of(g, 0) + size_of(g, 1));
    close_made(&made);
}

static void a_block_is_begun_once_and_then_decoded_as_a_whole(struct unit *u)
{
    struct made made = open_made(u);
    struct engram *g = made.g;
    uint32_t last = g->tables.blocks[0].last_chunk;
    uint64_t begun;

    CHECK(u, gives(g, chunk_of(g, 0, 0)));
    CHECK(u, gives(g, chunk_of(g, 1, 0)));
    begun = blockcache_decoded(g->cache);
    CHECK(u, begun <= 4 * STEP_BYTES);
    CHECK(u, gives(g, chunk_of(g, 0, 0)));
    CHECK(u, blockcache_decoded(g->cache) == begun);
    CHECK(u, gives(g, last));
    CHECK(u, blockcache_decoded(g->cache) == begun + size_of(g, 0));
    CHECK(u, gives(g, last - 1));
    CHECK(u, blockcache_decoded(g->cache) == begun + size_of(g, 0));
    /* The other one goes on where it was. */
    begun = blockcache_decoded(g->cache);
    CHECK(u, gives(g, g->tables.blocks[1].last_chunk));
    CHECK(u, blockcache_decoded(g->cache) < begun + size_of(g, 1));
    close_made(&made);
}

static void whoever_expects_all_decodes_wholes(struct unit *u)
{
    struct made made = open_made(u);
    struct engram *g = made.g;

    blockcache_expect_all(g->cache, true);
    CHECK(u, gives(g, 0));
    CHECK(u, blockcache_decoded(g->cache) == size_of(g, 0));
    blockcache_expect_all(g->cache, false);
    CHECK(u, gives(g, chunk_of(g, 1, 0)));
    CHECK(u, blockcache_decoded(g->cache) < size_of(g, 0) + size_of(g, 1));
    close_made(&made);
}

/* ---- damage ---- */

static uint8_t *stored(struct made *made, uint32_t block, uint32_t at)
{
    return made->m.bytes + made->g->tables.blocks[block].offset + at;
}

/* What is told of damage, if it is found, is what is told of the block as a whole. */
static bool is_told(struct engram *g, uint32_t chunk)
{
    const uint8_t *data;
    struct fault whole, f;

    return blockcache_chunk(g->cache, chunk, &data, &f) == FAULT_DAMAGED &&
           blockcache_get(g->cache, chunkrows_block(&g->tables, chunk), &data, &whole) ==
               FAULT_DAMAGED &&
           strcmp(f.text, whole.text) == 0 && strstr(f.text, "its SHA-256 is wrong");
}

static void damage_behind_what_is_wanted_is_not_found(struct unit *u)
{
    for (unsigned compressed = 0; compressed < 2; compressed++) {
        struct made made = open_made(u);
        uint32_t block = block_of(made.g, compressed);
        uint32_t last = made.g->tables.blocks[block].last_chunk;
        const uint8_t *data;
        struct fault f;

        memset(stored(&made, block, made.g->tables.blocks[block].row.stored - 5000), 0xff, 4000);
        CHECK(u, gives(made.g, chunk_of(made.g, block, 0)));
        CHECK(u, gives(made.g, chunk_of(made.g, block, 1)));
        CHECK(u, is_told(made.g, last));
        CHECK(u, gives(made.g, chunk_of(made.g, block, 0)));
        CHECK(u, blockcache_get(made.g->cache, block, &data, &f) == FAULT_DAMAGED);
        close_made(&made);
    }
}

/* Of bytes that were stored as they are, others than the damaged ones can be read. */
static void damage_before_or_in_what_is_wanted_is_told(struct unit *u)
{
    struct made made = open_made(u);
    struct engram *g = made.g;
    uint32_t noise = block_of(g, false), text = block_of(g, true);
    uint32_t chunk = chunk_of(g, noise, 3), offset = chunkrows_offset(&g->tables, chunk);

    *stored(&made, noise, offset + 1000) ^= 1;
    CHECK(u, gives(g, chunk - 1));
    CHECK(u, is_told(g, chunk));
    CHECK(u, gives(g, chunk + 1));
    for (uint32_t at = 0; at < 6; at++) {
        *stored(&made, text, at) ^= 8;
        CHECK(u, is_told(g, chunk_of(g, text, 0)));
        *stored(&made, text, at) ^= 8;
    }
    /* From the head of the frame's first block on, nothing can be decoded; who is past that goes
     * on. */
    CHECK(u, gives(g, chunk_of(g, text, 0)));
    memset(stored(&made, text, 9), 0xff, 12);
    CHECK(u, gives(g, g->tables.blocks[text].last_chunk));
    CHECK(u, gives(g, 0));
    memset(stored(&made, text + 1, 9), 0xff, 12);
    CHECK(u, is_told(g, g->tables.blocks[text + 1].last_chunk));
    close_made(&made);
}

/* What was right once may be damaged when its block is read again: a part of it has no other
 * check. */
static void chunks_are_checked_again_with_each_part(struct unit *u)
{
    struct made made = open_made(u);
    struct engram *g = made.g;
    struct fault f;

    for (unsigned whole = 0; whole < 2; whole++) {
        struct blockcache *c;

        g->cache = (blockcache_close(g->cache), NULL);
        CHECK(u, blockcache_open(&g->chain, &g->tables, (size_t)1 << 20, &c, &f) == 0);
        g->cache = c;
        blockcache_expect_all(c, whole);
        CHECK(u, gives(g, 0));
        CHECK(u, gives(g, chunk_of(g, 1, 0))); /* for which the other has to go */
        if (whole)
            blockcache_expect_all(c, false);
        *stored(&made, 0, 100) ^= 1;
        CHECK(u, is_told(g, 0));
        *stored(&made, 0, 100) ^= 1;
        CHECK(u, gives(g, 0));
    }
    close_made(&made);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, frames_come_in_pieces_of_any_length);
    UNIT_CASE(&u, nothing_comes_after_the_end_of_a_frame);
    UNIT_CASE(&u, the_start_of_a_frame_must_be_that_of_a_whole_one);
    UNIT_CASE(&u, damaged_frames_stay_in_their_place);
    UNIT_CASE(&u, a_block_is_decoded_as_far_as_it_is_wanted);
    UNIT_CASE(&u, a_block_is_begun_once_and_then_decoded_as_a_whole);
    UNIT_CASE(&u, whoever_expects_all_decodes_wholes);
    UNIT_CASE(&u, damage_behind_what_is_wanted_is_not_found);
    UNIT_CASE(&u, damage_before_or_in_what_is_wanted_is_told);
    UNIT_CASE(&u, chunks_are_checked_again_with_each_part);
    return unit_end(&u);
}
