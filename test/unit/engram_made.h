/* SPDX-License-Identifier: MIT */
/* Engrams in memory for unit tests: written by the writer, or put together by hand to be wrong. */
#ifndef TEST_ENGRAM_MADE_H
#define TEST_ENGRAM_MADE_H

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "engram/engram.h"
#include "engram/frame.h"
#include "engram/layout.h"
#include "engram/rules_builtin.h"
#include "engram/rules_parse.h"
#include "engram/verify.h"
#include "engram/writer.h"
#include "io/sink.h"
#include "io/source.h"
#include "manifest/writer.h"
#include "unit.h"

/* A built-in set, parsed at its first use and kept to the end; there must be one of that name. */
static inline const struct rules *rules_builtin(const char *name)
{
    static struct rules sets[3];
    static const char *names[3];
    const char *text = rules_builtin_text(name);
    struct fault f;
    unsigned i = 0;

    while (names[i] && strcmp(names[i], name) != 0)
        i++;
    if (!names[i] && (!text || rules_parse(text, strlen(text), &sets[i], &f) < 0))
        abort();
    names[i] = name;
    return &sets[i];
}

/* Rules with the smallest blocks there are, so that little data makes several. */
static inline const struct rules *small_blocks(void)
{
    static const char text[] = "engram-rules 1\n"
                               "profile libraries level=3 block=1M\n"
                               "profile config level=3 block=1M\n"
                               "profile archive level=1 block=1M\n"
                               "profile balanced level=3 block=1M\n"
                               "rule *.so libraries\n"
                               "rule *.conf config\n"
                               "rule *.gz archive\n";
    static struct rules rules;
    struct fault f;

    if (!rules.count && rules_parse(text, strlen(text), &rules, &f) < 0)
        abort();
    return &rules;
}

struct memory {
    uint8_t *bytes;
    size_t length;
    size_t room;
};

static inline int memory_add(void *context, const void *bytes, size_t length, struct fault *f)
{
    struct memory *m = context;

    (void)f;
    if (m->room - m->length < length) {
        m->room = 2 * m->room + length;
        m->bytes = realloc(m->bytes, m->room);
    }
    memcpy(m->bytes + m->length, bytes, length);
    m->length += length;
    return 0;
}

static inline struct sink *memory_sink(struct memory *m)
{
    struct sink_callbacks callbacks = {.data = memory_add};
    struct sink *s = NULL;
    struct fault f;

    sink_to_callback(&callbacks, m, &s, &f);
    return s;
}

/* An entry for the writer; entry_free it. */
static inline struct entry made_entry(const char *path, enum entry_type type, uint64_t size)
{
    struct entry e = {.type = type, .mode = 0644, .mtime = {.seconds = 1700000000}};
    struct fault f;

    e.path = strdup(path);
    if (type == ENTRY_SYMLINK)
        e.target = strdup("target");
    if (type == ENTRY_FILE) {
        e.size = size;
        if (size)
            entry_add_extent(&e, 0, size, &f);
    }
    return e;
}

/* Add an entry to a writer, with these bytes as its data. */
static inline int add_made(struct engram_writer *w, const char *path, enum entry_type type,
                           const void *data, size_t length, struct fault *f)
{
    struct entry e = made_entry(path, type, length);
    int rc = engram_writer_entry(w, &e, f);

    if (rc == 0 && length)
        rc = engram_writer_data(w, data, length, f);
    entry_free(&e);
    return rc;
}

/* The engram is complete: close its writer, and the sink that it went to. */
static inline struct engram_info finish_made(struct unit *u, struct engram_writer *w,
                                             struct sink *to)
{
    struct engram_info info;
    struct fault f;

    CHECK(u, engram_writer_finish(w, &info, &f) == 0);
    CHECK(u, sink_finish(to, &f) == 0);
    engram_writer_close(w);
    sink_close(to);
    return info;
}

/* What engram-walk would print, or a fault; read ahead if the engram has threads. */
static inline int walk_into(struct engram *g, struct memory *m, struct fault *f)
{
    struct engram_item item = {0};
    struct manifest_writer *w = NULL;
    struct engram_walk *walk = NULL;
    struct sink *to = memory_sink(m);
    bool more = true;
    int rc = engram_walk_open(g, "/", &walk, f);

    if (rc == 0)
        rc = engram_walk_read_ahead(walk, f);
    if (rc == 0)
        rc = manifest_writer_open(to, true, &w, f);
    while (rc == 0 && more) {
        rc = engram_walk_next(walk, &item, &more, f);
        if (rc < 0 || !more)
            break;
        rc = manifest_write_entry(w, &item.entry, f);
        if (rc == 0)
            rc = engram_read_data(g, &item, to, f);
        manifest_writer_data(w, entry_data_bytes(&item.entry));
    }
    if (rc == 0)
        rc = manifest_writer_end(w, f);
    if (rc == 0)
        rc = sink_finish(to, f);
    engram_item_free(&item);
    engram_walk_close(walk);
    manifest_writer_close(w);
    sink_close(to);
    return rc;
}

/* Open and verify, telling n what is noticed on the way; the source is owned. */
static inline int verify_telling(struct source *s, const struct notices *n, struct fault *f)
{
    struct engram *g = NULL;
    int rc = engram_open(s, &g, f);

    if (rc == 0)
        rc = engram_verify(g, n, NULL, f);
    engram_close(g);
    source_close(s);
    return rc;
}

static inline int verify_source(struct source *s, struct fault *f)
{
    return verify_telling(s, NULL, f);
}

static inline int verify_bytes(const uint8_t *bytes, size_t length, struct fault *f)
{
    struct source *s;

    if (source_from_memory(bytes, length, "test", &s, f) < 0)
        return f->code;
    return verify_source(s, f);
}

static inline int walk_bytes(const uint8_t *bytes, size_t length, struct memory *m, struct fault *f)
{
    struct engram *g = NULL;
    struct source *s;
    int rc = source_from_memory(bytes, length, "test", &s, f);

    if (rc < 0)
        return rc;
    rc = engram_open(s, &g, f);
    if (rc == 0)
        rc = walk_into(g, m, f);
    engram_close(g);
    source_close(s);
    return rc;
}

/* Open what must be sound; the caller closes the engram, then the source. */
static inline struct engram *open_memory(struct unit *u, const struct memory *m, struct source **s)
{
    struct engram *g = NULL;
    struct fault f;

    CHECK(u, source_from_memory(m->bytes, m->length, "test", s, &f) == 0);
    CHECK(u, engram_open(*s, &g, &f) == 0);
    return g;
}

#endif
