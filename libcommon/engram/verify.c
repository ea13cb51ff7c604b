/* SPDX-License-Identifier: MIT */
/* Checks all of an engram, or its index alone, and names the files that are damaged. */
#include "engram/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "engram/internal.h"
#include "engram/totals.h"
#include "io/sink.h"
#include "manifest/writer.h"

/* What is known of a block or a chunk. */
enum { UNSEEN, GOOD, BAD };

struct verification {
    struct engram *engram;
    const struct notices *notices;
    struct progress *progress;
    struct sink *nowhere;
    struct manifest_writer *order; /* checks the entries among each other */
    struct totals *totals;
    struct sha256 *whole;
    uint8_t *blocks; /* UNSEEN or BAD: a bad one is told of once */
    uint8_t *chunks;
    bool index_only;
    uint64_t damaged_files;
    uint64_t lost_entries; /* in leaves that cannot be read */
    uint64_t gap;          /* how many of them were lost since the last entry that was read */
    char *gap_after;       /* that entry's path; NULL: none was */
};

static int start(struct verification *v, struct fault *f)
{
    const struct tables *t = &v->engram->tables;

    v->blocks = calloc((size_t)t->block_count + 1, 1);
    v->chunks = calloc((size_t)t->footer.chunks + 1, 1);
    if (!v->blocks || !v->chunks)
        return fault_memory(f, "what was seen", (uint64_t)t->block_count + t->footer.chunks);
    if (sink_to_nowhere(&v->nowhere, f) < 0 ||
        manifest_writer_open(v->nowhere, false, &v->order, f) < 0 ||
        totals_open(&v->totals, f) < 0 || sha256_open(&v->whole, f) < 0)
        return f->code;
    return 0;
}

static void end(struct verification *v)
{
    manifest_writer_close(v->order);
    sink_close(v->nowhere);
    totals_close(v->totals);
    sha256_close(v->whole);
    free(v->blocks);
    free(v->chunks);
    free(v->gap_after);
}

/* Check one chunk.  A fault that is not damage is returned; damage is told of and makes the chunk
 * BAD. */
static int check_chunk(struct verification *v, uint32_t chunk, bool hash_whole, struct fault *f)
{
    const struct layout_chunk *row = &v->engram->tables.chunks[chunk].row;
    const uint8_t *bytes;

    if (v->chunks[chunk] == BAD || (v->chunks[chunk] == GOOD && !hash_whole))
        return 0;
    if (v->blocks[row->block] == BAD) {
        v->chunks[chunk] = BAD;
        return 0;
    }
    if (blockcache_get(v->engram->cache, row->block, &bytes, f) < 0) {
        if (f->code != FAULT_DAMAGED)
            return f->code;
        v->blocks[row->block] = v->chunks[chunk] = BAD;
        notice(v->notices, NOTICE_LOSS, f->subject, "%s", f->text);
        return 0;
    }
    if (blockcache_chunk(v->engram->cache, chunk, &bytes, f) < 0) {
        v->chunks[chunk] = BAD;
        notice(v->notices, NOTICE_LOSS, f->subject, "%s", f->text);
        return 0;
    }
    v->chunks[chunk] = GOOD;
    if (hash_whole)
        sha256_update(v->whole, bytes, row->length);
    return 0;
}

/* The data of one file: *ok false if it is damaged, which has been told of. */
static int check_data(struct verification *v, const struct engram_item *item, bool *ok,
                      struct fault *f)
{
    bool many = item->run_count > 1 || (item->run_count == 1 && item->runs[0].count > 1);
    uint8_t digest[SHA256_BYTES];

    *ok = true;
    sha256_reset(v->whole);
    for (size_t r = 0; r < item->run_count; r++) {
        for (uint32_t i = 0; i < item->runs[r].count; i++) {
            uint32_t chunk = item->runs[r].first + i;

            if (check_chunk(v, chunk, many, f) < 0)
                return f->code;
            if (v->chunks[chunk] == BAD)
                *ok = false;
            if (v->progress)
                progress_add(v->progress, v->engram->tables.chunks[chunk].row.length);
        }
    }
    if (!many || !*ok)
        return 0;
    sha256_finish(v->whole, digest);
    *ok = memcmp(digest, item->sha256, SHA256_BYTES) == 0;
    return 0;
}

static void tell_damaged(struct verification *v, const char *path)
{
    char shown[1024];

    text_escape(shown, sizeof(shown), path, strlen(path));
    notice(v->notices, NOTICE_LOSS, NULL, "%s: its data is damaged", shown);
    v->damaged_files++;
}

static int check_item(struct verification *v, const struct engram_item *item, struct fault *f)
{
    bool ok = true;

    if (v->progress)
        progress_file(v->progress, item->entry.path);
    /* Without the lost ones, the others do not make a whole. */
    if (v->lost_entries == 0 &&
        (manifest_write_entry(v->order, &item->entry, f) < 0 || totals_add(v->totals, item, f) < 0))
        return f->code;
    if (!v->index_only && check_data(v, item, &ok, f) < 0)
        return f->code;
    if (!ok)
        tell_damaged(v, item->entry.path);
    return 0;
}

/* A leaf could not be read, as *why says. */
static int begin_gap(struct verification *v, uint32_t entries, const struct entry *last,
                     struct fault *why)
{
    notice(v->notices, NOTICE_LOSS, NULL, "%s", why->text);
    if (v->gap == 0 && last->path != NULL) {
        v->gap_after = strdup(last->path);
        if (v->gap_after == NULL)
            return fault_memory(why, "a path", strlen(last->path));
    }
    v->gap += entries;
    v->lost_entries += entries;
    return 0;
}

/* Say between which names entries were lost, if any were; NULL: there is no next one. */
static void end_gap(struct verification *v, const char *next)
{
    char after[TEXT_SHOWN_BYTES], before[TEXT_SHOWN_BYTES];

    if (v->gap == 0)
        return;
    notice(v->notices, NOTICE_LOSS, NULL, "%" PRIu64 " entries%s%s%s%s are lost", v->gap,
           v->gap_after ? " after " : "", v->gap_after ? text_shown(after, v->gap_after) : "",
           next ? " before " : "", next ? text_shown(before, next) : "");
    free(v->gap_after);
    v->gap_after = NULL;
    v->gap = 0;
}

/* The next entry that can be read. */
static int next_item(struct verification *v, struct engram_walk *walk, struct engram_item *item,
                     bool *more, struct fault *f)
{
    uint32_t entries;

    while (engram_walk_next(walk, item, more, f) < 0) {
        if (f->code != FAULT_DAMAGED || !engram_walk_pass_over(walk, &entries) ||
            begin_gap(v, entries, &item->entry, f) < 0)
            return f->code;
    }
    end_gap(v, *more ? item->entry.path : NULL);
    return 0;
}

static int check_items(struct verification *v, struct fault *f)
{
    struct engram_item item = {0};
    struct engram_walk *walk;
    bool more = true;
    int rc = engram_walk_open(v->engram, "/", &walk, f);

    if (rc < 0)
        return rc;
    if (!v->index_only)
        rc = engram_walk_read_ahead(walk, f);
    while (rc == 0 && more) {
        rc = next_item(v, walk, &item, &more, f);
        if (rc == 0 && more)
            rc = check_item(v, &item, f);
    }
    engram_walk_close(walk);
    engram_item_free(&item);
    return rc;
}

static int conclude(struct verification *v, struct fault *f)
{
    if (v->lost_entries)
        return fault_set(f, FAULT_DAMAGED, "damaged files: %" PRIu64 ", lost entries: %" PRIu64,
                         v->damaged_files, v->lost_entries);
    if (totals_check(v->totals, engram_info(v->engram), f) < 0)
        return f->code;
    if (v->damaged_files)
        return fault_set(f, FAULT_DAMAGED, "damaged files: %" PRIu64, v->damaged_files);
    return 0;
}

static int verify(struct verification *v, struct fault *f)
{
    int rc = start(v, f);

    if (rc == 0)
        rc = check_items(v, f);
    if (rc == 0)
        rc = conclude(v, f);
    end(v);
    return rc;
}

int engram_verify(struct engram *g, const struct notices *n, struct progress *progress,
                  struct fault *f)
{
    struct verification v = {.engram = g, .notices = n, .progress = progress};

    return verify(&v, f);
}

int engram_verify_index(struct engram *g, const struct notices *n, struct fault *f)
{
    struct verification v = {.engram = g, .notices = n, .index_only = true};

    return verify(&v, f);
}
