/* SPDX-License-Identifier: MIT */
/* What of an engram is damaged, found out and told of once, by those that go on all the same. */
#include "engram/damage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "engram/chunkrows.h"
#include "engram/internal.h"

/* What is known of a block or a chunk. */
enum { UNSEEN, GOOD, BAD };

struct damage {
    struct engram *engram;
    const struct notices *notices;
    struct sha256 *whole;
    uint8_t *blocks; /* UNSEEN or BAD: a bad one is told of once */
    uint8_t *chunks;
    struct fault why;      /* what is wrong with the file that was checked last */
    uint64_t lost_entries; /* in leaves that cannot be read */
    uint64_t gap;          /* how many of them were lost since the last entry that was read */
    char *gap_after;       /* that entry's path; NULL: none was */
};

int damage_open(struct engram *g, const struct notices *n, struct damage **out, struct fault *f)
{
    const struct tables *t = &g->tables;
    struct damage *d = calloc(1, sizeof(*d));

    if (!d)
        return fault_memory(f, "what was seen", sizeof(*d));
    d->engram = g;
    d->notices = n;
    d->blocks = calloc((size_t)t->block_count + 1, 1);
    d->chunks = calloc((size_t)t->footer.chunks + 1, 1);
    if (!d->blocks || !d->chunks)
        fault_memory(f, "what was seen", (uint64_t)t->block_count + t->footer.chunks);
    else if (sha256_open(&d->whole, f) == 0) {
        *out = d;
        return 0;
    }
    damage_close(d);
    return f->code;
}

void damage_close(struct damage *d)
{
    if (!d)
        return;
    sha256_close(d->whole);
    free(d->blocks);
    free(d->chunks);
    free(d->gap_after);
    free(d);
}

/* ---- data ---- */

/* Read one chunk.  A fault that is not damage is returned; damage is told of and makes the chunk
 * BAD. */
static int read_chunk(struct damage *d, uint32_t chunk, const uint8_t **bytes, struct fault *f)
{
    uint32_t block = chunkrows_block(&d->engram->tables, chunk);
    bool loaded = false;

    if (d->blocks[block] == BAD) {
        d->chunks[chunk] = BAD;
        return 0;
    }
    if (blockcache_get(d->engram->cache, block, bytes, f) == 0) {
        loaded = true;
        if (blockcache_chunk(d->engram->cache, chunk, bytes, f) == 0) {
            d->chunks[chunk] = GOOD;
            return 0;
        }
    }
    if (f->code != FAULT_DAMAGED)
        return f->code;
    if (!loaded)
        d->blocks[block] = BAD;
    d->chunks[chunk] = BAD;
    notice(d->notices, NOTICE_LOSS, f->subject, "%s", f->text);
    return 0;
}

/* That a chunk is BAD is what is wrong with the file, unless it is known by now. */
static void blame_chunk(struct damage *d, uint32_t chunk)
{
    const struct tables *t = &d->engram->tables;
    uint32_t block = chunkrows_block(t, chunk);
    unsigned level = t->blocks[block].level;

    if (d->why.code != 0)
        return;
    if (d->blocks[block] != BAD)
        fault_set(&d->why, FAULT_DAMAGED, "its data is damaged (chunk %" PRIu32 ")", chunk);
    else
        fault_set(&d->why, FAULT_DAMAGED, "its data is damaged (block %" PRIu32 "%s)",
                  block - d->engram->chain.files[level].first_block, level > 0 ? " of a base" : "");
}

static int check_chunk(struct damage *d, uint32_t chunk, bool hash_whole, struct fault *f)
{
    const uint8_t *bytes = NULL;

    if (d->chunks[chunk] != BAD && (d->chunks[chunk] != GOOD || hash_whole) &&
        read_chunk(d, chunk, &bytes, f) < 0)
        return f->code;
    if (d->chunks[chunk] == BAD)
        blame_chunk(d, chunk);
    else if (hash_whole)
        sha256_update(d->whole, bytes, chunkrows_length(&d->engram->tables, chunk));
    return 0;
}

int damage_check_data(struct damage *d, const struct engram_item *item, struct progress *progress,
                      const char **why, struct fault *f)
{
    bool has_digest = engram_has_digest(item);

    d->why.code = FAULT_NONE;
    sha256_reset(d->whole);
    for (size_t r = 0; r < item->run_count; r++) {
        for (uint32_t i = 0; i < item->runs[r].count; i++) {
            uint32_t chunk = item->runs[r].first + i;

            if (check_chunk(d, chunk, has_digest, f) < 0)
                return f->code;
            if (progress)
                progress_add(progress, chunkrows_length(&d->engram->tables, chunk));
        }
    }
    if (has_digest && d->why.code == FAULT_NONE)
        engram_check_digest(item, d->whole, &d->why);
    *why = d->why.code == FAULT_NONE ? NULL : d->why.text;
    return 0;
}

/* ---- the index ---- */

int damage_begin_gap(struct damage *d, uint32_t entries, const char *after, struct fault *why)
{
    notice(d->notices, NOTICE_LOSS, NULL, "%s", why->text);
    if (d->gap == 0 && after) {
        d->gap_after = strdup(after);
        if (!d->gap_after)
            return fault_memory(why, "a path", strlen(after));
    }
    d->gap += entries;
    d->lost_entries += entries;
    return 0;
}

void damage_end_gap(struct damage *d, const char *before)
{
    char after_shown[TEXT_SHOWN_BYTES], before_shown[TEXT_SHOWN_BYTES];

    if (d->gap == 0)
        return;
    notice(d->notices, NOTICE_LOSS, NULL, "%" PRIu64 " entries%s%s%s%s%s are lost", d->gap,
           d->gap_after ? " after " : "", d->gap_after ? text_shown(after_shown, d->gap_after) : "",
           d->gap_after && before ? " and" : "", before ? " before " : "",
           before ? text_shown(before_shown, before) : "");
    free(d->gap_after);
    d->gap_after = NULL;
    d->gap = 0;
}

uint64_t damage_lost_entries(const struct damage *d)
{
    return d->lost_entries;
}
