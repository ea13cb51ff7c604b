/* SPDX-License-Identifier: MIT */
/* The memory for decoded blocks of an engram, and which of them goes when another comes. */
#include "engram/blockslots.h"

#include <stdlib.h>

static enum blockslots_effort effort_to_drop(const struct blockslots *b, const struct blockslot *s)
{
    if (s->busy)
        return BLOCKSLOTS_BUSY;
    return s->last_chunk < b->next_chunk ? BLOCKSLOTS_PAST : BLOCKSLOTS_UNHELD;
}

/* Would s go before t? */
static bool goes_before(const struct blockslots *b, const struct blockslot *s,
                        const struct blockslot *t)
{
    enum blockslots_effort e = effort_to_drop(b, s), e_t = effort_to_drop(b, t);

    return e != e_t ? e < e_t : s->used < t->used;
}

static void drop(struct blockslots *b, struct blockslot *s)
{
    blockslots_settle(b, s);
    b->bytes -= s->room;
    free(s->data);
    *s = (struct blockslot){0};
}

/* An empty slot, after as many blocks went as needed; or one whose block goes and whose memory
 * suits; or NULL. */
static struct blockslot *make_room(struct blockslots *b, size_t bytes,
                                   enum blockslots_effort effort)
{
    for (;;) {
        struct blockslot *idle = NULL, *victim = NULL;

        for (unsigned i = 0; i < BLOCKSLOTS; i++) {
            struct blockslot *s = &b->slot[i];

            if (!s->data)
                idle = s;
            else if (s->holds == 0 && (!victim || goes_before(b, s, victim)))
                victim = s;
        }
        if (idle && (b->bytes == 0 || b->bytes + bytes <= b->max_bytes))
            return idle;
        if (!victim || effort_to_drop(b, victim) > effort)
            return NULL;
        if (victim->room >= bytes && victim->room / 2 <= bytes)
            return victim;
        drop(b, victim);
    }
}

int blockslots_take(struct blockslots *b, size_t bytes, enum blockslots_effort effort,
                    struct blockslot **out, struct fault *f)
{
    struct blockslot *s = *out = make_room(b, bytes, effort);

    if (!s)
        return 0;
    blockslots_settle(b, s);
    if (!s->data) {
        s->data = malloc(bytes);
        if (!s->data)
            return fault_memory(f, "a block", bytes);
        s->room = bytes;
        b->bytes += bytes;
    }
    *s = (struct blockslot){.data = s->data, .room = s->room};
    return 0;
}

void blockslots_settle(struct blockslots *b, struct blockslot *s)
{
    if (s->busy)
        pool_wait(b->pool, &s->job);
    s->busy = false;
}

static void end_freshness(struct blockslots *b, struct blockslot *s)
{
    b->fresh -= s->fresh;
    s->fresh = false;
}

void blockslots_use(struct blockslots *b, struct blockslot *s)
{
    end_freshness(b, s);
    s->used = ++b->tick;
}

void blockslots_hold(struct blockslots *b, struct blockslot *s)
{
    if (s->holds++ == 0) {
        b->held++;
        b->held_bytes += s->room;
    }
}

void blockslots_release(struct blockslots *b, struct blockslot *s)
{
    if (--s->holds == 0) {
        b->held--;
        b->held_bytes -= s->room;
        end_freshness(b, s); /* it was passed by, and counts no more as loaded ahead */
    }
}

void blockslots_free(struct blockslots *b)
{
    for (unsigned i = 0; i < BLOCKSLOTS; i++)
        free(b->slot[i].data);
}
