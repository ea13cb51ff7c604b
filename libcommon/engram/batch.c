/* SPDX-License-Identifier: MIT */
/* Entries and chunks of data that are on their way into an engram, and the hashing of these. */
#include "engram/batch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "engram/density.h"

struct lane {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t next; /* the batch whose turn it is */
    struct sha256 *whole;
};

int lane_open(struct lane **out, struct fault *f)
{
    struct lane *l = calloc(1, sizeof(*l));

    if (!l)
        return fault_memory(f, "a lane", sizeof(*l));
    if (sha256_open(&l->whole, f) < 0) {
        free(l);
        return f->code;
    }
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->moved, NULL);
    *out = l;
    return 0;
}

void lane_close(struct lane *l)
{
    if (!l)
        return;
    pthread_cond_destroy(&l->moved);
    pthread_mutex_destroy(&l->lock);
    sha256_close(l->whole);
    free(l);
}

/* Wait for the batches before this one, all of which have been started. */
static void lane_enter(struct lane *l, uint64_t number)
{
    pthread_mutex_lock(&l->lock);
    while (l->next != number)
        pthread_cond_wait(&l->moved, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

static void lane_leave(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    l->next++;
    pthread_cond_broadcast(&l->moved);
    pthread_mutex_unlock(&l->lock);
}

int batch_prepare(struct batch *b, struct fault *f)
{
    if (!b->bytes)
        b->bytes = malloc(BATCH_BYTES);
    if (!b->bytes)
        return fault_memory(f, "a batch of data", BATCH_BYTES);
    b->length = b->cut_bytes = b->cut_count = b->item_count = 0;
    b->records.length = 0;
    return 0;
}

void batch_trim(struct batch *b)
{
    if (b->records.room > 2 * BATCH_RECORD_BYTES)
        record_free(&b->records);
}

int batch_add_item(struct batch *b, const struct batch_item *item, struct fault *f)
{
    struct batch_item *items =
        array_grow(b->items, b->item_count, &b->item_room, sizeof(*items), "entries", f);

    if (!items)
        return f->code;
    b->items = items;
    b->items[b->item_count++] = *item;
    return 0;
}

int batch_add_cut(struct batch *b, const struct batch_cut *cut, struct fault *f)
{
    struct batch_cut *cuts =
        array_grow(b->cuts, b->cut_count, &b->cut_room, sizeof(*cuts), "chunks", f);

    if (!cuts)
        return f->code;
    b->cuts = cuts;
    b->cuts[b->cut_count++] = *cut;
    b->cut_bytes += cut->length;
    return 0;
}

bool batch_is_full(const struct batch *b)
{
    return b->length == BATCH_BYTES || b->item_count >= BATCH_ELEMENTS ||
           b->cut_count >= BATCH_ELEMENTS || b->records.length >= BATCH_RECORD_BYTES;
}

/* The digests of whole files.  That of a file of one chunk is known already. */
static void hash_wholes(struct batch *b)
{
    const uint8_t *bytes = b->bytes;

    for (size_t i = 0; i < b->cut_count; i++) {
        struct batch_cut *c = &b->cuts[i];

        if (c->is_first && c->is_last) {
            memcpy(c->whole, c->sha256, SHA256_BYTES);
        } else {
            sha256_update(b->lane->whole, bytes, c->length);
            if (c->is_last)
                sha256_finish(b->lane->whole, c->whole);
        }
        bytes += c->length;
    }
}

void batch_hash(struct pool_job *job, unsigned worker)
{
    struct batch *b = (struct batch *)job;
    const uint8_t *bytes = b->bytes;

    (void)worker;
    for (size_t i = 0; i < b->cut_count; i++) {
        struct batch_cut *c = &b->cuts[i];

        sha256_of(bytes, c->length, c->sha256);
        c->dense = density_is_full(bytes, c->length);
        bytes += c->length;
    }
    lane_enter(b->lane, b->number);
    hash_wholes(b);
    lane_leave(b->lane);
}

void batch_free(struct batch *b)
{
    free(b->bytes);
    free(b->cuts);
    free(b->items);
    record_free(&b->records);
    memset(b, 0, sizeof(*b));
}
