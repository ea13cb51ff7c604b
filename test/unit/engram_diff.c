/* SPDX-License-Identifier: MIT */
/* Differences of engrams that no packer writes or that have many leaves, and when they end. */
#include "engram/diff.h"
#include "engram_made.h"
#include "unit.h"

/* An engram in memory, opened. */
struct made {
    struct memory memory;
    struct sink *to;
    struct engram_writer *writer;
    struct source *source;
    struct engram *engram;
};

static void start(struct unit *u, struct made *m)
{
    struct fault f;

    *m = (struct made){0};
    m->to = memory_sink(&m->memory);
    CHECK(u, engram_writer_open(m->to, small_blocks(), 1, &m->writer, &f) == 0);
    CHECK(u, add_made(m->writer, "/", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
}

static void add_link(struct unit *u, struct made *m, const char *path, const char *first)
{
    struct entry e = {.type = ENTRY_HARD_LINK};
    struct fault f;

    e.path = strdup(path);
    e.link = strdup(first);
    CHECK(u, engram_writer_entry(m->writer, &e, &f) == 0);
    entry_free(&e);
}

static void finish(struct unit *u, struct made *m)
{
    struct engram_info info;
    struct fault f;

    CHECK(u, engram_writer_finish(m->writer, &info, &f) == 0);
    CHECK(u, sink_finish(m->to, &f) == 0);
    engram_writer_close(m->writer);
    sink_close(m->to);
    CHECK(u, source_from_memory(m->memory.bytes, m->memory.length, "test", &m->source, &f) == 0);
    CHECK(u, engram_open(m->source, &m->engram, &f) == 0);
}

static void end(struct made *m)
{
    engram_close(m->engram);
    source_close(m->source);
    free(m->memory.bytes);
}

/* What was told, and what the one who is told then says. */
struct told {
    unsigned added, removed, changed;
    unsigned fields; /* of all that changed */
    int answer;
};

static int tell(void *context, const struct engram_difference *d, struct fault *f)
{
    struct told *t = context;

    t->added += d->change == CHANGE_ADDED;
    t->removed += d->change == CHANGE_REMOVED;
    t->changed += d->change == CHANGE_CHANGED;
    t->fields |= d->fields;
    return t->answer < 0 ? fault_set(f, FAULT_SYSTEM, "enough") : t->answer;
}

static int diff(struct engram *a, struct engram *b, struct told *t, uint64_t *names,
                struct fault *f)
{
    struct engram_diff d = {{a, "a"}, {b, "b"}, "/", NULL, 0, tell, t};

    return engram_diff(&d, names, f);
}

/* A name that is a file in one and a hard link to `first` in the other. */
static void check_wrong_link(struct unit *u, const char *first)
{
    struct made plain, linked;
    struct told t = {0};
    uint64_t names;
    struct fault f;

    start(u, &plain);
    CHECK(u, add_made(plain.writer, "/z", ENTRY_FILE, NULL, 0, &f) == 0);
    finish(u, &plain);
    start(u, &linked);
    CHECK(u, add_made(linked.writer, "/d", ENTRY_DIRECTORY, NULL, 0, &f) == 0);
    CHECK(u, add_made(linked.writer, "/f", ENTRY_FILE, NULL, 0, &f) == 0);
    add_link(u, &linked, "/h", "/f");
    add_link(u, &linked, "/z", first);
    finish(u, &linked);
    CHECK(u, diff(plain.engram, linked.engram, &t, &names, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.subject, "b") == 0);
    CHECK(u, strcmp(f.text, "/z: a hard link names what is no file") == 0);
    CHECK(u, t.added == 3 && t.changed == 0);
    CHECK(u, diff(linked.engram, plain.engram, &t, &names, &f) == FAULT_DAMAGED);
    CHECK(u, strcmp(f.subject, "a") == 0);
    end(&plain);
    end(&linked);
}

static void a_hard_link_to_what_is_no_file_is_damage(struct unit *u)
{
    check_wrong_link(u, "/d");
    check_wrong_link(u, "/h");
    check_wrong_link(u, "/g");
}

/* Files of several leaves; some are left out, and some have data, by their numbers. */
static void many(struct unit *u, struct made *m, unsigned left_out, unsigned with_data)
{
    struct fault f;
    char path[64];

    start(u, m);
    for (unsigned i = 1; i <= 10000; i++) {
        snprintf(path, sizeof(path), "/a-file-with-a-longer-name-%08u", i);
        if (i % left_out != 0)
            CHECK(u, add_made(m->writer, path, ENTRY_FILE, "x", i % with_data == 0, &f) == 0);
    }
    finish(u, m);
    CHECK(u, engram_info(m->engram)->leaves > 1);
}

static void trees_of_several_leaves_are_merged(struct unit *u)
{
    struct told t = {0};
    struct made a, b;
    uint64_t names;
    struct fault f;

    many(u, &a, 1000, 10001);
    many(u, &b, 77, 500);
    CHECK(u, diff(a.engram, b.engram, &t, &names, &f) == 0);
    CHECK(u, t.removed == 129); /* multiples of 77, but not 77000 */
    CHECK(u, t.added == 10);
    CHECK(u, t.changed == 10); /* the odd multiples of 500 */
    CHECK(u, t.fields == (FIELD_BIT(FIELD_CONTENT) | FIELD_BIT(FIELD_SIZE)));
    CHECK(u, names == 10001);
    end(&a);
    end(&b);
}

static void whoever_is_told_can_end_it(struct unit *u)
{
    struct told enough = {.answer = 1}, failed = {.answer = -1};
    struct made a, b;
    uint64_t names;
    struct fault f;

    start(u, &a);
    finish(u, &a);
    start(u, &b);
    CHECK(u, add_made(b.writer, "/f", ENTRY_FILE, NULL, 0, &f) == 0);
    CHECK(u, add_made(b.writer, "/g", ENTRY_FILE, NULL, 0, &f) == 0);
    finish(u, &b);
    CHECK(u, diff(a.engram, b.engram, &enough, &names, &f) == 0);
    CHECK(u, enough.added == 1 && names == 2);
    CHECK(u, diff(b.engram, a.engram, &failed, &names, &f) == FAULT_SYSTEM);
    CHECK(u, failed.removed == 1 && f.subject[0] == '\0' && strcmp(f.text, "enough") == 0);
    end(&a);
    end(&b);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, a_hard_link_to_what_is_no_file_is_damage);
    UNIT_CASE(&u, trees_of_several_leaves_are_merged);
    UNIT_CASE(&u, whoever_is_told_can_end_it);
    return unit_end(&u);
}
