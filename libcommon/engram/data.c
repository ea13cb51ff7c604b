/* SPDX-License-Identifier: MIT */
/* The data of an engram's files: their chunks in order, spread over the runs that have data. */
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "engram/chunkrows.h"
#include "engram/engram.h"
#include "engram/internal.h"

/* Where the bytes of a file go, and how far they have come. */
struct delivery {
    struct sink *to;
    const struct entry *entry;
    bool holes;           /* are holes given too? */
    size_t extent;        /* index of the run of data that is being filled */
    uint64_t extent_done; /* bytes of it */
    uint64_t position;    /* in the file, holes given */
};

/* Give the hole from the position to `end`, if holes are wanted. */
static int give_hole(struct delivery *d, uint64_t end, struct fault *f)
{
    uint64_t length = end - d->position;

    d->position = end;
    return d->holes && length ? sink_hole(d->to, length, f) : 0;
}

/* Give data bytes, spread over the file's runs; there are as many as these add up to. */
static int give_data(struct delivery *d, const uint8_t *bytes, size_t length, struct fault *f)
{
    while (length) {
        const struct entry_extent *e = &d->entry->extents[d->extent];
        size_t n = min_u64(length, e->length - d->extent_done);

        if (d->extent_done == 0 && give_hole(d, e->offset, f) < 0)
            return f->code;
        if (sink_data(d->to, bytes, n, f) < 0)
            return f->code;
        bytes += n;
        length -= n;
        d->position += n;
        d->extent_done += n;
        if (d->extent_done == e->length) {
            d->extent++;
            d->extent_done = 0;
        }
    }
    return 0;
}

/* Some of a file's data bytes, holes not counted. */
struct part {
    uint64_t skip; /* so many come before it */
    uint64_t left; /* of it, still to be given */
};

/* Give what is in the part of the chunks from number `at` up to `end`; `whole`, if there is one,
 * takes the digest of all of them. */
static int give_chunks(struct engram *g, uint64_t at, uint64_t end, struct part *p,
                       struct delivery *d, struct sha256 *whole, struct fault *f)
{
    for (; at < end && p->left > 0; at++) {
        uint32_t length = chunkrows_length(&g->tables, (uint32_t)at);
        const uint8_t *bytes;
        size_t n;

        if (blockcache_chunk(g->cache, (uint32_t)at, &bytes, f) < 0)
            return f->code;
        if (whole)
            sha256_update(whole, bytes, length);
        n = min_u64(length - p->skip, p->left);
        if (give_data(d, bytes + p->skip, n, f) < 0)
            return f->code;
        p->skip = 0;
        p->left -= n;
    }
    return 0;
}

/* The chunk of a run, which has more bytes than are to be skipped, in which the part begins. */
static uint32_t find_chunk(const struct tables *t, const struct engram_run *run, struct part *p)
{
    uint32_t low = run->first, high = low + run->count;
    uint64_t start = chunkrows_before(t, low);

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (chunkrows_before(t, middle) - start > p->skip)
            high = middle;
        else
            low = middle;
    }
    p->skip -= chunkrows_before(t, low) - start;
    return low;
}

/* Each chunk that has some of the part, checked, in order. */
static int give_part(struct engram *g, const struct engram_item *item, struct part p,
                     struct delivery *d, struct sha256 *whole, struct fault *f)
{
    for (size_t i = 0; i < item->run_count && p.left > 0; i++) {
        const struct engram_run *run = &item->runs[i];
        uint64_t bytes = chunkrows_bytes(&g->tables, run->first, run->count);

        if (bytes <= p.skip)
            p.skip -= bytes;
        else if (give_chunks(g, find_chunk(&g->tables, run, &p), (uint64_t)run->first + run->count,
                             &p, d, whole, f) < 0)
            return f->code;
    }
    return 0;
}

bool engram_has_digest(const struct engram_item *item)
{
    return item->run_count > 1 || (item->run_count == 1 && item->runs[0].count > 1);
}

int engram_check_digest(const struct engram_item *item, struct sha256 *whole, struct fault *f)
{
    char is[SHA256_HEX_BYTES], should_be[SHA256_HEX_BYTES];
    uint8_t digest[SHA256_BYTES];

    sha256_finish(whole, digest);
    if (memcmp(digest, item->sha256, SHA256_BYTES) == 0)
        return 0;
    sha256_hex(digest, is);
    sha256_hex(item->sha256, should_be);
    return fault_set(f, FAULT_DAMAGED, "the SHA-256 of its data is wrong: %.16s..., not %.16s...",
                     is, should_be);
}

/* Damage is told with the name of the file that has it: whoever reads one may have asked for many,
 * and a block is nobody's name. */
static int about_file(int rc, const struct engram_item *item, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    return rc == FAULT_DAMAGED ? fault_prefix(f, "%s", text_shown(shown, item->entry.path)) : rc;
}

static int deliver(struct engram *g, const struct engram_item *item, struct delivery *d,
                   struct fault *f)
{
    bool many = engram_has_digest(item);
    struct sha256 *whole = NULL;
    int rc = 0;

    if (many)
        rc = sha256_open(&whole, f);
    if (rc == 0)
        rc = give_part(g, item, (struct part){.left = UINT64_MAX}, d, whole, f);
    if (rc == 0)
        rc = give_hole(d, item->entry.size, f);
    if (rc == 0 && many)
        rc = engram_check_digest(item, whole, f);
    sha256_close(whole);
    return about_file(rc, item, f);
}

int engram_read_data(struct engram *g, const struct engram_item *item, struct sink *to,
                     struct fault *f)
{
    struct delivery d = {.to = to, .entry = &item->entry};

    return deliver(g, item, &d, f);
}

int engram_read_file(struct engram *g, const struct engram_item *item, struct sink *to,
                     struct fault *f)
{
    struct delivery d = {.to = to, .entry = &item->entry, .holes = true};

    return deliver(g, item, &d, f);
}

int engram_read_range(struct engram *g, const struct engram_item *item, uint64_t offset,
                      uint64_t length, struct sink *to, struct fault *f)
{
    const struct entry *e = &item->entry;
    struct delivery d = {.to = to, .entry = e, .holes = true, .position = offset};
    struct part p = {0};
    uint64_t end = offset + length; /* within the file */

    for (size_t i = 0; i < e->extent_count && e->extents[i].offset < end; i++) {
        const struct entry_extent *x = &e->extents[i];
        uint64_t before = offset > x->offset ? min_u64(offset - x->offset, x->length) : 0;

        p.left += min_u64(end - x->offset, x->length) - before;
        p.skip += before;
        if (before == x->length)
            d.extent = i + 1;
        else if (before > 0)
            d.extent_done = before;
    }
    if (give_part(g, item, p, &d, NULL, f) < 0)
        return about_file(f->code, item, f);
    return give_hole(&d, end, f);
}
