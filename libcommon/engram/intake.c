/* SPDX-License-Identifier: MIT */
/* Takes entries and their data in, cut into chunks, and has the chunks hashed on many threads. */
#include "engram/intake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "engram/batch.h"
#include "engram/chunker.h"
#include "engram/layout.h"

/*
 * Batches go round: one is being filled, those before it are being hashed, and the oldest is given
 * to the target when its place is needed.
 */
struct intake {
    struct pool *pool;
    const struct rules *rules;
    struct intake_target target;
    void *context;
    struct chunker chunker;
    struct lane *lane;
    struct batch *ring;
    unsigned ring_size;
    unsigned first, busy; /* the oldest batch that was handed over, and how many were */
    uint64_t numbered;    /* batches so far */
    uint64_t owed;        /* data bytes of the last entry still to come */
    bool is_first;        /* the next chunk is the first of its file */
    uint8_t *tail;        /* LAYOUT_CHUNK_MAX: for what goes from batch to batch */
};

/* The batch that is being filled. */
static struct batch *filling(struct intake *in)
{
    return &in->ring[(in->first + in->busy) % in->ring_size];
}

int intake_open(struct pool *pool, const struct rules *rules, const struct intake_target *target,
                void *context, struct intake **out, struct fault *f)
{
    struct intake *in = calloc(1, sizeof(*in));
    unsigned workers = pool_workers(pool);

    if (!in)
        return fault_memory(f, "an intake", sizeof(*in));
    in->pool = pool;
    in->rules = rules;
    in->target = *target;
    in->context = context;
    chunker_start(&in->chunker, CHUNKER_SMALL_CHUNKS);
    /* One is filled and one waits to be given while the workers are busy. */
    in->ring_size = workers == 1 ? 1 : workers + 2;
    in->ring = calloc(in->ring_size, sizeof(*in->ring));
    in->tail = malloc(LAYOUT_CHUNK_MAX);
    if (!in->ring || !in->tail)
        fault_memory(f, "batches", in->ring_size * sizeof(*in->ring));
    if (!in->ring || !in->tail || lane_open(&in->lane, f) < 0 ||
        batch_prepare(filling(in), f) < 0) {
        intake_close(in);
        return f->code;
    }
    *out = in;
    return 0;
}

/* Give the chunks [from, to) of a batch. */
static int give_chunks(struct intake *in, const struct batch *b, const uint8_t **bytes, size_t from,
                       size_t to, struct fault *f)
{
    for (size_t i = from; i < to; i++) {
        const struct batch_cut *c = &b->cuts[i];
        struct intake_chunk chunk = {
            .bytes = *bytes,
            .length = c->length,
            .dense = c->dense,
            .is_last = c->is_last,
            .sha256 = c->sha256,
            .whole = c->whole,
        };

        if (in->target.chunk(in->context, &chunk, f) < 0)
            return f->code;
        *bytes += c->length;
    }
    return 0;
}

static int give_entry(struct intake *in, const struct batch_item *item, const char *record,
                      struct fault *f)
{
    struct intake_entry entry = {
        .record = record,
        .record_length = item->record_length,
        .is_file = item->is_file,
        .data = item->data,
        .profile = item->profile,
    };

    return in->target.entry(in->context, &entry, f);
}

/* Give what is in a batch, in the order in which it came. */
static int give(struct intake *in, const struct batch *b, struct fault *f)
{
    const char *record = b->records.bytes;
    const uint8_t *bytes = b->bytes;
    size_t cut = 0;

    for (size_t i = 0; i < b->item_count; i++) {
        const struct batch_item *item = &b->items[i];

        if (give_chunks(in, b, &bytes, cut, item->first_cut, f) < 0 ||
            give_entry(in, item, record, f) < 0)
            return f->code;
        cut = item->first_cut;
        record += item->record_length;
    }
    return give_chunks(in, b, &bytes, cut, b->cut_count, f);
}

static int give_oldest(struct intake *in, struct fault *f)
{
    struct batch *b = &in->ring[in->first];
    int rc;

    pool_wait(in->pool, &b->job);
    in->first = (in->first + 1) % in->ring_size;
    in->busy--;
    rc = give(in, b, f);
    /* At once: until it is filled again, each other one may take as much. */
    batch_trim(b);
    return rc;
}

/* Have the batch hashed, and go on in another; bytes not yet cut go along. */
static int hand_over(struct intake *in, struct fault *f)
{
    struct batch *full = filling(in), *next;
    size_t rest = full->length - full->cut_bytes;
    bool is_large = full->records.length > 2 * BATCH_RECORD_BYTES;

    memcpy(in->tail, full->bytes + full->cut_bytes, rest);
    full->lane = in->lane;
    full->number = in->numbered++;
    full->job.run = batch_hash;
    in->busy++;
    pool_submit(in->pool, &full->job);
    /* Records of unusual size must not pile up. */
    while (in->busy == in->ring_size || (is_large && in->busy)) {
        if (give_oldest(in, f) < 0)
            return f->code;
    }
    next = filling(in);
    if (batch_prepare(next, f) < 0)
        return f->code;
    memcpy(next->bytes, in->tail, rest);
    next->length = rest;
    return 0;
}

/* Cut what can be cut. */
static int cut(struct intake *in, struct fault *f)
{
    struct batch *b = filling(in);
    size_t length;

    while (b->cut_bytes < b->length &&
           (length = chunker_cut(&in->chunker, b->bytes + b->cut_bytes, b->length - b->cut_bytes,
                                 in->owed == 0)) != 0) {
        struct batch_cut c = {.length = (uint32_t)length, .is_first = in->is_first};

        c.is_last = in->owed == 0 && b->cut_bytes + length == b->length;
        in->is_first = false;
        if (batch_add_cut(b, &c, f) < 0)
            return f->code;
    }
    return 0;
}

static int check_complete(const struct intake *in, struct fault *f)
{
    if (in->owed == 0)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "%" PRIu64 " bytes of the last file's data are missing",
                     in->owed);
}

int intake_entry(struct intake *in, const struct entry *e, struct fault *f)
{
    struct batch_item item = {.is_file = e->type == ENTRY_FILE};
    struct batch *b;
    size_t start;

    if (check_complete(in, f) < 0 || (batch_is_full(filling(in)) && hand_over(in, f) < 0))
        return f->code;
    b = filling(in);
    start = b->records.length;
    if (record_append(&b->records, e, f) < 0)
        return f->code;
    item.record_length = b->records.length - start;
    item.first_cut = b->cut_count;
    if (item.is_file) {
        item.data = entry_data_bytes(e);
        item.profile = rules_profile(in->rules, e->path);
    }
    in->owed = item.data;
    in->is_first = true;
    return batch_add_item(b, &item, f);
}

int intake_data(struct intake *in, const void *bytes, size_t length, struct fault *f)
{
    const uint8_t *from = bytes;

    if (length > in->owed)
        return fault_set(f, FAULT_DAMAGED, "%zu bytes of data, but only %" PRIu64 " are due",
                         length, in->owed);
    while (length) {
        struct batch *b = filling(in);
        size_t n = min_u64(length, BATCH_BYTES - b->length);

        memcpy(b->bytes + b->length, from, n);
        b->length += n;
        in->owed -= n;
        from += n;
        length -= n;
        if ((b->length == BATCH_BYTES || in->owed == 0) && cut(in, f) < 0)
            return f->code;
        if (b->length == BATCH_BYTES && hand_over(in, f) < 0)
            return f->code;
    }
    return 0;
}

int intake_finish(struct intake *in, struct fault *f)
{
    if (check_complete(in, f) < 0 || hand_over(in, f) < 0)
        return f->code;
    while (in->busy) {
        if (give_oldest(in, f) < 0)
            return f->code;
    }
    return 0;
}

void intake_close(struct intake *in)
{
    if (!in)
        return;
    for (unsigned i = 0; in->ring && i < in->ring_size; i++)
        batch_free(&in->ring[i]);
    free(in->ring);
    free(in->tail);
    lane_close(in->lane);
    free(in);
}
