/* SPDX-License-Identifier: MIT */
/* Blocks of an engram loaded ahead by several threads: the same bytes and the same words. */
#include "engram/blockcache.h"

#include "base/checked.h"
#include "engram/chunkrows.h"
#include "engram/internal.h"
#include "engram_made.h"
#include "unit.h"

enum { FILES = 240, FILE_BYTES = 60000, THREADS = 4 };

/* The data of file i, which is that of an earlier file now and then. */
static void fill(uint8_t *to, unsigned i)
{
    uint32_t seed = i % 10 == 9 ? i / 2 : i;

    for (size_t n = 0; n < FILE_BYTES; n++) {
        seed = seed * 1664525 + 1013904223;
        to[n] = (uint8_t)(seed >> 24) & 0x3f;
    }
}

static void path_of(char path[32], unsigned i)
{
    static const char *const endings[] = {"", ".conf", ".so", ".py", ".gz", ".png"};

    snprintf(path, 32, "/file-%03u%s", i, i % 110 == 7 ? ".db" : endings[i % 6]);
}

/* Files of several profiles by turns, so that blocks are used by turns: about 15 MiB in 1 MiB
 * blocks; and a large one that leads through several of them. */
static struct memory interleaved_engram(struct unit *u)
{
    struct engram_writer *w;
    struct engram_info info;
    struct memory m = {0};
    struct sink *to = memory_sink(&m);
    uint8_t *data = malloc(50 * FILE_BYTES);
    struct fault f;
    char path[32];

    CHECK(u, engram_writer_open(to, small_blocks(), 1, &w, &f) == 0);
    CHECK(u, add_made(w, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    for (unsigned i = 0; i < FILES; i++) {
        path_of(path, i);
        fill(data, i);
        CHECK(u, add_made(w, path, ENTRY_FILE, data, FILE_BYTES, &f) == 0);
    }
    for (unsigned i = 0; i < 50; i++)
        fill(data + (size_t)i * FILE_BYTES, 1000 + i);
    CHECK(u, add_made(w, "/large", ENTRY_FILE, data, 50 * FILE_BYTES, &f) == 0);
    info = finish_made(u, w, to);
    CHECK(u, info.blocks > 12);
    free(data);
    return m;
}

static struct engram *open_with_threads(struct unit *u, struct source *s, unsigned threads)
{
    struct engram *g = NULL;
    struct fault f;

    CHECK(u, engram_open(s, &g, &f) == 0);
    CHECK(u, engram_threads(g, threads, &f) == 0);
    return g;
}

static struct source *source_of(const struct memory *m)
{
    struct source *s = NULL;
    struct fault f;

    return source_from_memory(m->bytes, m->length, "test", &s, &f) == 0 ? s : NULL;
}

static uint64_t all_blocks(const struct tables *t)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < t->footer.blocks; i++)
        bytes += t->blocks[i].row.unpacked;
    return bytes;
}

static bool same(const struct memory *a, const struct memory *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

static void a_walk_decodes_each_block_once_for_any_number_of_threads(struct unit *u)
{
    struct memory m = interleaved_engram(u), one = {0};
    struct fault f;

    CHECK(u, walk_bytes(m.bytes, m.length, &one, &f) == 0);
    for (unsigned threads = 1; threads <= 8; threads++) {
        struct source *s = source_of(&m);
        struct engram *g = open_with_threads(u, s, threads);
        struct memory many = {0};

        CHECK(u, walk_into(g, &many, &f) == 0);
        CHECK(u, same(&one, &many));
        CHECK(u, blockcache_decoded(g->cache) == all_blocks(&g->tables));
        CHECK(u, blockcache_ahead(g->cache) == (threads > 1 ? all_blocks(&g->tables) : 0));
        CHECK(u, engram_verify(g, NULL, NULL, &f) == 0);
        CHECK(u, blockcache_decoded(g->cache) == all_blocks(&g->tables));
        engram_close(g);
        source_close(s);
        free(many.bytes);
    }
    free(one.bytes);
    free(m.bytes);
}

/* ---- a cache by itself, too small for what is asked of it ---- */

struct small_cache {
    struct source *source;
    struct base_chain chain;
    struct tables tables;
    struct blockcache *cache;
    uint8_t **blocks; /* what each unpacks to */
    uint32_t planned; /* chunks */
};

/* The cache has room for this many blocks of 1 MiB. */
static void open_small(struct unit *u, const struct memory *m, unsigned room, struct small_cache *c)
{
    struct fault f;
    const uint8_t *data;

    c->source = source_of(m);
    c->chain = (struct base_chain){0};
    CHECK(u, base_chain_open(c->source, NULL, &c->chain, &c->tables, &f) == 0);
    c->blocks = calloc(c->tables.footer.blocks, sizeof(*c->blocks));
    CHECK(u, blockcache_open(&c->chain, &c->tables, (size_t)1 << 20, &c->cache, &f) == 0);
    for (uint32_t i = 0; i < c->tables.footer.blocks; i++) {
        size_t length = c->tables.blocks[i].row.unpacked;

        c->blocks[i] = malloc(length);
        CHECK(u, blockcache_get(c->cache, i, &data, &f) == 0);
        memcpy(c->blocks[i], data, length);
    }
    blockcache_close(c->cache);
    CHECK(u, blockcache_open(&c->chain, &c->tables, (size_t)room << 20, &c->cache, &f) == 0);
    CHECK(u, blockcache_threads(c->cache, THREADS, &f) == 0);
}

static void close_small(struct small_cache *c)
{
    blockcache_close(c->cache);
    for (uint32_t i = 0; i < c->tables.footer.blocks; i++)
        free(c->blocks[i]);
    free(c->blocks);
    tables_free(&c->tables);
    base_chain_close(&c->chain);
    source_close(c->source);
}

static void check_block(struct unit *u, struct small_cache *c, uint32_t block)
{
    const uint8_t *data;
    struct fault f;

    CHECK(u, blockcache_get(c->cache, block, &data, &f) == 0);
    CHECK(u, memcmp(data, c->blocks[block], c->tables.blocks[block].row.unpacked) == 0);
}

/* A plan: entry i wants block i % modulus; or one entry wants them all. */
struct turns {
    uint32_t modulus, left;
    uint64_t entry;
    bool one_entry;
};

static bool next_turn(void *context, uint32_t *block, uint64_t *entry)
{
    struct turns *t = context;

    if (t->left == 0)
        return false;
    t->left--;
    *block = (uint32_t)(t->entry % t->modulus);
    *entry = t->one_entry ? 0 : t->entry;
    t->entry++;
    return true;
}

static void blocks_that_come_again_stay_while_there_is_room(struct unit *u)
{
    struct memory m = interleaved_engram(u);
    struct small_cache c = {0};
    struct turns turns = {.modulus = 6, .left = 60};
    struct blockcache_plan plan = {.next = next_turn, .context = &turns};

    open_small(u, &m, 8, &c);
    CHECK(u, blockcache_follow(c.cache, &plan));
    CHECK(u, !blockcache_follow(c.cache, &plan));
    for (unsigned i = 0; i < 60; i++) {
        blockcache_reach(c.cache, i);
        check_block(u, &c, i % 6);
    }
    uint64_t wanted = 0;
    for (unsigned i = 0; i < 6; i++)
        wanted += c.tables.blocks[i].row.unpacked;
    CHECK(u, blockcache_decoded(c.cache) == wanted);
    CHECK(u, blockcache_follow(c.cache, NULL));
    close_small(&c);
    free(m.bytes);
}

/* Whatever is passed by, and however much one entry wants: the look ahead goes on. */
static void nothing_that_is_planned_is_waited_for_in_vain(struct unit *u)
{
    struct memory m = interleaved_engram(u);

    for (unsigned step = 1; step < 12; step += 2) {
        struct small_cache c = {0};
        struct turns turns = {.modulus = 15, .left = 100, .one_entry = step == 1};
        struct blockcache_plan plan = {.next = next_turn, .context = &turns};

        open_small(u, &m, turns.one_entry ? 2 : 8, &c); /* ahead: one, or six */
        CHECK(u, blockcache_follow(c.cache, &plan));
        for (unsigned i = 0; i < 100; i += step) {
            if (!turns.one_entry)
                blockcache_reach(c.cache, i);
            check_block(u, &c, i % 15);
        }
        CHECK(u, blockcache_ahead(c.cache) == blockcache_decoded(c.cache));
        close_small(&c);
    }
    free(m.bytes);
}

/* Each chunk in its turn, as a tree without copies has them. */
static bool next_chunk(void *context, uint32_t *block, uint64_t *entry)
{
    struct small_cache *c = context;

    if (c->planned == c->tables.footer.chunks)
        return false;
    *entry = c->planned;
    *block = chunkrows_block(&c->tables, c->planned++);
    return true;
}

/* Seven kinds of block by turns, one of them seldom: with room for eight blocks each is decoded
 * once, though there are more, and the seldom one is the longest unused. */
static void blocks_of_which_more_is_to_come_stay(struct unit *u)
{
    struct memory m = interleaved_engram(u);

    for (unsigned ahead = 0; ahead < 2; ahead++) {
        struct small_cache c = {0};
        struct blockcache_plan plan = {.next = next_chunk, .context = &c};
        const uint8_t *data;
        struct fault f;

        open_small(u, &m, 8, &c);
        CHECK(u, c.tables.footer.blocks > 14);
        CHECK(u, !ahead || blockcache_follow(c.cache, &plan));
        blockcache_expect_all(c.cache, true);
        for (uint32_t i = 0; i < c.tables.footer.chunks; i++) {
            const uint8_t *block = c.blocks[chunkrows_block(&c.tables, i)];

            if (ahead)
                blockcache_reach(c.cache, i);
            CHECK(u, blockcache_chunk(c.cache, i, &data, &f) == 0);
            CHECK(u, memcmp(data, block + chunkrows_offset(&c.tables, i),
                            chunkrows_length(&c.tables, i)) == 0);
        }
        CHECK(u, blockcache_decoded(c.cache) == all_blocks(&c.tables));
        CHECK(u, blockcache_ahead(c.cache) == (ahead ? all_blocks(&c.tables) : 0));
        close_small(&c);
    }
    free(m.bytes);
}

/* More blocks by turns than there is room for; entries that are passed by; blocks that the plan
 * does not have; a plan that is given up with jobs under way. */
static void any_order_gives_the_right_bytes(struct unit *u)
{
    struct memory m = interleaved_engram(u);

    for (unsigned room = 0; room <= 6; room += 2) {
        struct small_cache c = {0};
        struct turns turns = {.modulus = 12, .left = 100};
        struct blockcache_plan plan = {.next = next_turn, .context = &turns};
        uint32_t seed = room;

        open_small(u, &m, room, &c);
        CHECK(u, blockcache_follow(c.cache, &plan));
        for (unsigned i = 0; i < 80; i++) {
            seed = seed * 1664525 + 1013904223;
            blockcache_reach(c.cache, i);
            if (seed >> 24 < 200)
                check_block(u, &c, i % 12);
            if (seed >> 24 > 150)
                check_block(u, &c, (seed >> 8) % c.tables.footer.blocks);
        }
        close_small(&c);
    }
    free(m.bytes);
}

/* ---- what is wrong is told as by one thread ---- */

struct words {
    char text[4096];
    size_t length;
};

static void take_words(void *context, enum notice_kind kind, const char *subject, const char *text)
{
    struct words *w = context;

    (void)kind, (void)subject;
    w->length += (size_t)snprintf(w->text + w->length, sizeof(w->text) - w->length, "%s\n", text);
    w->length = min_u64(w->length, sizeof(w->text) - 1);
}

/* All that engram_verify says of a source, which is owned; then what a walk gives, and says. */
static void listen(struct source *s, unsigned threads, struct words *w, struct memory *walked)
{
    struct notices notices = {.say = take_words, .context = w};
    struct engram *g = NULL;
    struct fault f;
    int rc = engram_open(s, &g, &f);

    if (rc == 0)
        rc = engram_threads(g, threads, &f);
    if (rc == 0 && engram_verify(g, &notices, NULL, &f) < 0)
        take_words(w, NOTICE_LOSS, NULL, f.text);
    if (rc == 0)
        rc = walk_into(g, walked, &f);
    if (rc < 0)
        take_words(w, NOTICE_LOSS, NULL, f.text);
    engram_close(g);
    source_close(s);
}

static void check_same_words(struct unit *u, struct source *for_one, struct source *for_many)
{
    struct words one = {0}, many = {0};
    struct memory walked_one = {0}, walked_many = {0};

    listen(for_one, 1, &one, &walked_one);
    listen(for_many, THREADS, &many, &walked_many);
    CHECK(u, one.length > 0);
    if (strcmp(one.text, many.text) != 0) {
        printf("# with one thread:\n# %s# with several:\n# %s", one.text, many.text);
        u->ok = false;
    }
    CHECK(u, same(&walked_one, &walked_many));
    free(walked_one.bytes);
    free(walked_many.bytes);
}

static void damage_is_told_in_the_same_words(struct unit *u)
{
    struct memory m = interleaved_engram(u);

    for (size_t at = 41; at < m.length; at += m.length / 12) {
        m.bytes[at] ^= 0x10;
        check_same_words(u, source_of(&m), source_of(&m));
        m.bytes[at] ^= 0x10;
    }
    free(m.bytes);
}

static struct source *failing(const struct memory *m, uint64_t offset)
{
    struct source *s = NULL;
    struct fault f;

    return source_faulty(source_of(m), FAULTY_ERROR, offset, &s, &f) == 0 ? s : NULL;
}

static void reads_that_fail_are_told_in_the_same_words(struct unit *u)
{
    struct memory m = interleaved_engram(u);

    for (size_t at = 41; at < m.length; at += m.length / 8)
        check_same_words(u, failing(&m, at), failing(&m, at));
    free(m.bytes);
}

/* A block whose stored bytes are whole, but one of whose chunks is not what it should be: the
 * tables are told so, and the footer that this is right. */
static void chunks_that_are_wrong_are_told_in_the_same_words(struct unit *u)
{
    struct memory m = interleaved_engram(u);
    struct layout_footer footer;
    uint8_t *end = m.bytes + m.length - LAYOUT_FOOTER_BYTES, *payload;
    struct fault f;

    CHECK(u, layout_get_footer(end, &footer, &f) == 0);
    payload = m.bytes + footer.tables_offset + LAYOUT_FRAME_BYTES;
    for (uint32_t chunk = 3; chunk < footer.chunks; chunk += 50)
        payload[layout_tables_bytes(&footer, footer.chunks) -
                (size_t)(footer.chunks - chunk) * LAYOUT_CHUNK_ROW + 10] ^= 1;
    sha256_of(payload, layout_tables_bytes(&footer, footer.chunks), footer.tables);
    layout_put_footer(end, &footer);
    layout_put_header(m.bytes, &footer);
    check_same_words(u, source_of(&m), source_of(&m));
    free(m.bytes);
}

/* Damage in what the walk has ahead of it, but nobody reads, is nobody's business. */
static void damage_that_is_passed_by_is_not_told(struct unit *u)
{
    struct memory m = interleaved_engram(u);
    struct source *s = source_of(&m);
    struct engram *g = open_with_threads(u, s, THREADS);
    uint32_t bad = chunkrows_block(&g->tables, 100);
    struct engram_item item = {0};
    struct engram_walk *walk;
    struct sink *to;
    struct memory sum = {0};
    struct fault f;
    bool more = true;

    to = memory_sink(&sum);
    m.bytes[g->tables.blocks[bad].offset + 100] ^= 1;
    CHECK(u, engram_walk_open(g, "/", &walk, &f) == 0);
    CHECK(u, engram_walk_read_ahead(walk, &f) == 0);
    while (engram_walk_next(walk, &item, &more, &f) == 0 && more) {
        bool damaged = false;

        for (size_t r = 0; r < item.run_count; r++)
            for (uint32_t i = 0; i < item.runs[r].count; i++)
                damaged |= chunkrows_block(&g->tables, item.runs[r].first + i) == bad;
        if (!damaged)
            CHECK(u, engram_read_data(g, &item, to, &f) == 0);
    }
    CHECK(u, !more && sum.length > 0);
    engram_walk_close(walk);
    engram_item_free(&item);
    sink_close(to);
    free(sum.bytes);
    engram_close(g);
    source_close(s);
    free(m.bytes);
}

/* ---- stored bytes that lie in pieces ---- */

static int map_pieces(struct source *s, uint64_t offset, uint64_t length, struct extent *out,
                      struct fault *f);
static void close_pieces(struct source *s)
{
    (void)s;
}

static const struct source_ops pieces_ops = {.map = map_pieces, .close = close_pieces};

struct pieces {
    struct source base;
    const struct memory *m;
};

static int map_pieces(struct source *s, uint64_t offset, uint64_t length, struct extent *out,
                      struct fault *f)
{
    const struct pieces *p = (const struct pieces *)s;

    (void)f;
    *out = (struct extent){.kind = EXTENT_MEMORY,
                           .length = min_u64(length, 5000 - offset % 5000),
                           .memory = p->m->bytes + offset};
    return 0;
}

static void an_engram_in_pieces_is_read_all_the_same(struct unit *u)
{
    struct memory m = interleaved_engram(u), one = {0}, many = {0};
    struct pieces p = {.base = {.ops = &pieces_ops, .name = "pieces", .size = m.length}, .m = &m};
    struct engram *g = open_with_threads(u, &p.base, THREADS);
    struct fault f;

    CHECK(u, walk_bytes(m.bytes, m.length, &one, &f) == 0);
    CHECK(u, walk_into(g, &many, &f) == 0);
    CHECK(u, same(&one, &many));
    engram_close(g);
    free(one.bytes);
    free(many.bytes);
    free(m.bytes);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, a_walk_decodes_each_block_once_for_any_number_of_threads);
    UNIT_CASE(&u, blocks_that_come_again_stay_while_there_is_room);
    UNIT_CASE(&u, nothing_that_is_planned_is_waited_for_in_vain);
    UNIT_CASE(&u, blocks_of_which_more_is_to_come_stay);
    UNIT_CASE(&u, any_order_gives_the_right_bytes);
    UNIT_CASE(&u, damage_is_told_in_the_same_words);
    UNIT_CASE(&u, reads_that_fail_are_told_in_the_same_words);
    UNIT_CASE(&u, chunks_that_are_wrong_are_told_in_the_same_words);
    UNIT_CASE(&u, damage_that_is_passed_by_is_not_told);
    UNIT_CASE(&u, an_engram_in_pieces_is_read_all_the_same);
    return unit_end(&u);
}
