/* SPDX-License-Identifier: MIT */
/* Leaves of an engram's index: some entries each, read and checked. */
#include "engram/leaf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "engram/chunkrows.h"
#include "manifest/path.h"
#include "manifest/reader.h"

/*
 * An entry in a leaf: the record's length, the number of runs, the record as manifest(5) spells it,
 * the runs; and, if these have two chunks or more, the SHA-256 of the file.
 */
enum { ENTRY_HEAD = 8, RUN_BYTES = 8 };

static const char path_key[] = "path=";

/* Where the parts of the next entry are in the leaf, all of them within it. */
struct parts {
    const uint8_t *record;
    uint32_t record_length;
    const uint8_t *runs;
    uint32_t run_count;
    const uint8_t *sha256; /* NULL if the entry has none of its own */
    size_t length;         /* of the whole entry */
};

uint64_t leaf_entry_number(const struct leaf *l)
{
    const struct table_leaf *t = &l->tables->leaves[l->number];

    return t->first_entry + t->row.entries - l->left;
}

static int damaged(const struct leaf *l, const char *what, struct fault *f)
{
    return fault_set(f, FAULT_DAMAGED,
                     "leaf %" PRIu32 " at offset %" PRIu64 ": entry %" PRIu64 ": %s", l->number,
                     l->tables->leaves[l->number].offset, leaf_entry_number(l), what);
}

/* The stored bytes into `stored`, checked, and unpacked. */
static int unpack(struct leaf *l, struct reader *from, struct frame_unpacker *u, uint8_t *stored,
                  struct fault *f)
{
    const struct table_leaf *t = &l->tables->leaves[l->number];
    uint8_t digest[SHA256_BYTES];
    uint32_t payload;

    if (reader_read_once(from, t->offset, stored, t->row.stored, f) < 0)
        return f->code;
    sha256_of(stored, t->row.stored, digest);
    if (memcmp(digest, t->row.sha256, SHA256_BYTES) != 0)
        return fault_set(f, FAULT_DAMAGED, "its SHA-256 is wrong");
    if (layout_get_frame(stored, LAYOUT_LEAF, &payload, f) < 0)
        return f->code;
    if (payload != t->row.stored - LAYOUT_FRAME_BYTES)
        return fault_set(f, FAULT_DAMAGED, "its frame has %" PRIu32 " bytes, not %" PRIu32, payload,
                         t->row.stored - LAYOUT_FRAME_BYTES);
    return frame_unpack(u, stored + LAYOUT_FRAME_BYTES, payload, l->bytes, l->length, f);
}

/* Memory for what the leaf unpacks to. */
static int have_room(struct leaf *l, size_t length, struct fault *f)
{
    if (l->room < length || l->room / 2 > length) {
        free(l->bytes);
        l->bytes = malloc(length);
        l->room = l->bytes ? length : 0;
    }
    l->length = length;
    return l->bytes ? 0 : fault_memory(f, "a leaf", length);
}

int leaf_load(struct leaf *l, struct reader *from, const struct tables *t, struct frame_unpacker *u,
              uint32_t number, struct fault *f)
{
    const struct table_leaf *row = &t->leaves[number];
    uint8_t *stored = malloc(row->row.stored);
    int rc;

    l->tables = t;
    l->number = number;
    leaf_rewind(l);
    if (!stored)
        rc = fault_memory(f, "a leaf", row->row.stored);
    else if ((rc = have_room(l, row->row.unpacked, f)) == 0)
        rc = unpack(l, from, u, stored, f);
    free(stored);
    if (rc < 0) {
        leaf_free(l);
        return fault_prefix(f,
                            "leaf %" PRIu32 " at offset %" PRIu64 " (%" PRIu32
                            " bytes, entries %" PRIu64 " to %" PRIu64 ")",
                            number, row->offset, row->row.stored, row->first_entry,
                            row->first_entry + row->row.entries - 1);
    }
    return 0;
}

void leaf_rewind(struct leaf *l)
{
    l->at = 0;
    l->left = l->tables->leaves[l->number].row.entries;
}

/* How many chunks the runs have; the sum of 2^32 numbers below 2^32 cannot wrap. */
static uint64_t count_chunks(const uint8_t *runs, uint32_t run_count)
{
    uint64_t chunks = 0;

    for (uint32_t i = 0; i < run_count; i++)
        chunks += le32_at(runs + (size_t)i * RUN_BYTES + 4);
    return chunks;
}

/* Find the parts of the next entry. */
static int split(const struct leaf *l, struct parts *p, struct fault *f)
{
    const uint8_t *at = l->bytes + l->at;
    uint64_t room = l->length - l->at, wanted;

    if (room < ENTRY_HEAD)
        return damaged(l, "the leaf ends in its head", f);
    p->record_length = le32_at(at);
    p->run_count = le32_at(at + 4);
    wanted = ENTRY_HEAD + (uint64_t)p->record_length + (uint64_t)p->run_count * RUN_BYTES;
    if (wanted > room)
        return damaged(l, "it is longer than the rest of the leaf", f);
    p->record = at + ENTRY_HEAD;
    p->runs = p->record + p->record_length;
    p->sha256 = NULL;
    if (count_chunks(p->runs, p->run_count) > 1) {
        p->sha256 = at + wanted;
        wanted += SHA256_BYTES;
        if (wanted > room)
            return damaged(l, "its SHA-256 is longer than the rest of the leaf", f);
    }
    p->length = wanted;
    if (p->record_length <= strlen(path_key) ||
        memcmp(p->record, path_key, strlen(path_key)) != 0 ||
        !memchr(p->record, '\0', p->record_length))
        return damaged(l, "it does not start with a path", f);
    return 0;
}

int leaf_peek(const struct leaf *l, const char **path, struct fault *f)
{
    struct parts p;
    int rc = split(l, &p, f);

    if (rc < 0)
        return rc;
    *path = (const char *)p.record + strlen(path_key);
    return 0;
}

/* Stand behind the entry. */
static int step(struct leaf *l, const struct parts *p, struct fault *f)
{
    if (l->left == 1 && p->length != l->length - l->at)
        return damaged(l, "bytes follow it, but it is the last of its leaf", f);
    l->at += p->length;
    l->left--;
    return 0;
}

int leaf_skip(struct leaf *l, struct fault *f)
{
    struct parts p;

    if (split(l, &p, f) < 0)
        return f->code;
    return step(l, &p, f);
}

/* ---- finding a path ---- */

enum { MARK_ENTRIES = 16 }; /* every so many entries there is a mark */

static uint32_t entries_of(const struct leaf *l)
{
    return l->tables->leaves[l->number].row.entries;
}

static void stand_at_mark(struct leaf *l, const struct leaf_marks *m, size_t i)
{
    l->at = m->at[i];
    l->left = entries_of(l) - (uint32_t)i * MARK_ENTRIES;
}

/* Stand at the last mark that is not after the path, or at the start. */
static int go_near(struct leaf *l, const struct leaf_marks *m, const char *path, struct fault *f)
{
    size_t low = 0, high = m->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        const char *here;

        stand_at_mark(l, m, middle);
        if (leaf_peek(l, &here, f) < 0)
            return f->code;
        if (path_compare(here, path) > 0)
            high = middle;
        else
            low = middle;
    }
    if (m->count > 0)
        stand_at_mark(l, m, low);
    else
        leaf_rewind(l);
    return 0;
}

/* Mark the next entry, if it is one that is to have a mark and has none. */
static int add_mark(const struct leaf *l, struct leaf_marks *m, struct fault *f)
{
    size_t *grown;

    if (entries_of(l) - l->left != m->count * MARK_ENTRIES)
        return 0;
    grown = array_grow(m->at, m->count, &m->room, sizeof(*grown), "marks in a leaf", f);
    if (!grown)
        return f->code;
    m->at = grown;
    m->at[m->count++] = l->at;
    return 0;
}

int leaf_seek(struct leaf *l, struct leaf_marks *marks, const char *path, bool *exact,
              struct fault *f)
{
    *exact = false;
    if (marks && go_near(l, marks, path, f) < 0)
        return f->code;
    while (l->left) {
        const char *here;

        if (leaf_peek(l, &here, f) < 0 || (marks && add_mark(l, marks, f) < 0))
            return f->code;
        int order = path_compare(here, path);
        *exact = order == 0;
        if (order >= 0)
            return 0;
        if (leaf_skip(l, f) < 0)
            return f->code;
    }
    return 0;
}

/* ---- entries in full ---- */

static int make_room(struct engram_item *item, size_t runs, struct fault *f)
{
    struct engram_run *bigger;

    if (runs <= item->run_room)
        return 0;
    bigger = realloc(item->runs, runs * sizeof(*bigger));
    if (!bigger)
        return fault_memory(f, "the runs of a file", runs * sizeof(*bigger));
    item->runs = bigger;
    item->run_room = runs;
    return 0;
}

/* The runs, each within the chunks and as long as it can be, and the bytes that they add up to. */
static int take_runs(const struct leaf *l, const struct parts *p, struct engram_item *item,
                     uint64_t *bytes, struct fault *f)
{
    const struct tables *t = l->tables;

    *bytes = 0;
    item->run_count = 0;
    if (make_room(item, p->run_count, f) < 0)
        return f->code;
    for (uint32_t i = 0; i < p->run_count; i++) {
        struct engram_run *run = &item->runs[i];

        run->first = le32_at(p->runs + (size_t)i * RUN_BYTES);
        run->count = le32_at(p->runs + (size_t)i * RUN_BYTES + 4);
        if (run->count == 0 || !range_within(run->first, run->count, t->footer.chunks))
            return damaged(l, "its chunks are out of range", f);
        if (i > 0 && run->first == run[-1].first + run[-1].count)
            return damaged(l, "two runs of chunks that are one", f);
        if (!add_u64(*bytes, chunkrows_bytes(t, run->first, run->count), bytes))
            return damaged(l, "its chunks have more than 2^64 bytes", f);
    }
    item->run_count = p->run_count;
    return 0;
}

/* What decoding the blocks costs is to be in proportion to the data: a file of tiny chunks, each
 * from another large block, would keep every reader busy for no data at all. */
static int check_cost(const struct leaf *l, const struct engram_item *item, uint64_t bytes,
                      struct fault *f)
{
    const struct tables *t = l->tables;
    uint64_t cost = 0, allowed;
    uint32_t last = 0;

    for (size_t i = 0; i < item->run_count; i++) {
        uint32_t first = item->runs[i].first, block = chunkrows_block(t, first);
        uint64_t blocks = 0;

        if (i == 0 || chunkrows_block(t, last) != block)
            blocks = t->blocks[block].row.unpacked;
        last = first + (item->runs[i].count - 1);
        if (!add_u64(cost, blocks + chunkrows_blocks(t, first, item->runs[i].count), &cost))
            return damaged(l, "its chunks lead through more than 2^64 bytes of blocks", f);
    }
    if (mul_u64(bytes + LAYOUT_CHUNK_MAX, LAYOUT_READ_FACTOR, &allowed) && cost > allowed)
        return damaged(l, "its chunks lead through too many blocks for its data", f);
    return 0;
}

static void take_digest(const struct leaf *l, const struct parts *p, struct engram_item *item)
{
    if (p->sha256)
        memcpy(item->sha256, p->sha256, SHA256_BYTES);
    else if (item->run_count)
        memcpy(item->sha256, chunkrows_sha256(l->tables, item->runs[0].first), SHA256_BYTES);
    else
        sha256_of("", 0, item->sha256);
}

int leaf_next(struct leaf *l, struct engram_item *item, struct fault *f)
{
    struct parts p;
    uint64_t bytes;

    if (split(l, &p, f) < 0)
        return f->code;
    if (record_parse((const char *)p.record, p.record_length, &item->entry, f) < 0) {
        struct fault why = *f;

        return why.code == FAULT_DAMAGED ? damaged(l, why.text, f) : why.code;
    }
    if (take_runs(l, &p, item, &bytes, f) < 0)
        return f->code;
    if (bytes != entry_data_bytes(&item->entry))
        return damaged(l, "its chunks do not add up to its data", f);
    if (check_cost(l, item, bytes, f) < 0)
        return f->code;
    take_digest(l, &p, item);
    return step(l, &p, f);
}

int leaf_next_runs(struct leaf *l, struct engram_item *item, struct fault *f)
{
    struct parts p;
    uint64_t bytes;

    if (split(l, &p, f) < 0 || take_runs(l, &p, item, &bytes, f) < 0)
        return f->code;
    return step(l, &p, f);
}

void leaf_free(struct leaf *l)
{
    free(l->bytes);
    memset(l, 0, sizeof(*l));
}
