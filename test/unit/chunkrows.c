/* SPDX-License-Identifier: MIT */
/* What the tables say of chunks: sums over any run of them, against adding them up one by one. */
#include "engram/chunkrows.h"

#include "engram/internal.h"
#include "engram_made.h"
#include "unit.h"

enum { FILES = 40, FILE_BYTES = 100000 };

/* Files of two profiles by turns, so that the chunks change between blocks all the time. */
static struct memory made_engram(struct unit *u)
{
    uint8_t *data = malloc(FILE_BYTES);
    struct engram_writer *w;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    uint32_t seed = 1;
    struct fault f;
    char path[32];

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(path, sizeof(path), "/%02u%s", i, i % 2 ? ".conf" : ".so");
        for (size_t n = 0; n < FILE_BYTES; n++) {
            seed = seed * 1664525 + 1013904223;
            data[n] = (uint8_t)(seed >> 24) & 0x3f;
        }
        CHECK(u, add_made(w, path, ENTRY_FILE, data, FILE_BYTES, &f) == 0);
    }
    finish_made(u, w, to);
    free(data);
    return m;
}

static void any_run_adds_up(struct unit *u)
{
    struct memory m = made_engram(u);
    struct source *s;
    struct engram *g = open_memory(u, &m, &s);
    const struct tables *t = &g->tables;
    uint64_t before = 0;

    CHECK(u, t->footer.chunks > 100 && t->footer.blocks > 3);
    for (uint32_t first = 0; first < t->footer.chunks; first++) {
        uint64_t bytes = 0, blocks = 0;

        CHECK(u, chunkrows_before(t, first) == before);
        for (uint32_t i = first; i < t->footer.chunks; i++) {
            uint32_t block = chunkrows_block(t, i);

            bytes += chunkrows_length(t, i);
            if (i > first && block != chunkrows_block(t, i - 1))
                blocks += t->blocks[block].row.unpacked;
            CHECK(u, chunkrows_bytes(t, first, i - first + 1) == bytes);
            CHECK(u, chunkrows_blocks(t, first, i - first + 1) == blocks);
        }
        before += chunkrows_length(t, first);
    }
    CHECK(u, before == (uint64_t)FILES * FILE_BYTES);
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

static void blocks_know_their_last_chunk(struct unit *u)
{
    struct memory m = made_engram(u);
    struct source *s;
    struct engram *g = open_memory(u, &m, &s);
    const struct tables *t = &g->tables;

    for (uint32_t i = 0; i < t->footer.chunks; i++) {
        const struct table_block *b = &t->blocks[chunkrows_block(t, i)];
        uint32_t end = chunkrows_offset(t, i) + chunkrows_length(t, i);

        CHECK(u, i <= b->last_chunk);
        CHECK(u, (i == b->last_chunk) == (end == b->row.unpacked));
    }
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, any_run_adds_up);
    UNIT_CASE(&u, blocks_know_their_last_chunk);
    return unit_end(&u);
}
