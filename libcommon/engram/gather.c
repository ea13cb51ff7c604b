/* SPDX-License-Identifier: MIT */
/* Gathers chunks that are alike into lots, each of which becomes a block. */
#include "engram/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/checked.h"

enum { LOT_ROOM_FIRST = 256 << 10 };

/* A lot that is being filled. */
struct open_lot {
    uint8_t *data; /* NULL: there is none */
    size_t length, room;
    uint32_t lot;
};

struct lot {
    uint32_t block;
    uint32_t most; /* bytes in the block */
};

struct gather {
    struct packer *packer;
    const struct rules *rules;
    size_t open_bytes, open_max; /* memory of the open lots */
    struct open_lot open[GATHER_CLASSES];
    struct lot *lots;
    size_t lot_count, lot_room;
    uint32_t blocks;
};

int gather_open(struct packer *packer, const struct rules *rules, size_t open_bytes,
                struct gather **out, struct fault *f)
{
    struct gather *g = calloc(1, sizeof(*g));

    if (!g)
        return fault_memory(f, "what gathers chunks", sizeof(*g));
    g->packer = packer;
    g->rules = rules;
    g->open_max = open_bytes;
    *out = g;
    return 0;
}

static unsigned number_of(struct gather_class class)
{
    return 2 * class.profile + class.dense;
}

static struct gather_class class_of(unsigned number)
{
    return (struct gather_class){.profile = number / 2, .dense = number % 2};
}

/* The open lot of this class becomes a block. */
static int close_lot(struct gather *g, unsigned number, struct fault *f)
{
    struct open_lot *o = &g->open[number];
    struct gather_class class = class_of(number);
    struct packer_block block = {o->data, (uint32_t)o->length, class.profile, class.dense};

    g->lots[o->lot].block = g->blocks++;
    g->open_bytes -= o->room;
    *o = (struct open_lot){0};
    return packer_add(g->packer, &block, f);
}

static int start_lot(struct gather *g, unsigned number, struct fault *f)
{
    struct open_lot *o = &g->open[number];
    size_t most = gather_block_most(g, class_of(number)), room = min_u64(most, LOT_ROOM_FIRST);
    struct lot *lots =
        array_grow(g->lots, g->lot_count, &g->lot_room, sizeof(*lots), "the list of lots", f);

    if (!lots)
        return f->code;
    g->lots = lots;
    o->data = malloc(room);
    if (!o->data)
        return fault_memory(f, "a block", room);
    o->room = room;
    o->length = 0;
    o->lot = (uint32_t)g->lot_count;
    g->open_bytes += room;
    g->lots[g->lot_count++].most = (uint32_t)most;
    return 0;
}

/* Room for so many bytes more, which fit the block. */
static int make_room(struct gather *g, struct open_lot *o, uint32_t more, struct fault *f)
{
    size_t room = o->room;
    uint8_t *data;

    while (room - o->length < more)
        room *= 2;
    room = min_u64(room, g->lots[o->lot].most);
    if (room == o->room)
        return 0;
    data = realloc(o->data, room);
    if (!data)
        return fault_memory(f, "a block", room);
    g->open_bytes += room - o->room;
    o->data = data;
    o->room = room;
    return 0;
}

int gather_add(struct gather *g, struct gather_class class, const uint8_t *bytes, uint32_t length,
               uint64_t together, uint32_t *lot, struct fault *f)
{
    unsigned number = number_of(class);
    struct open_lot *o = &g->open[number];

    if (o->data && together > gather_block_most(g, class) - o->length &&
        close_lot(g, number, f) < 0)
        return f->code;
    if ((!o->data && start_lot(g, number, f) < 0) || make_room(g, o, length, f) < 0)
        return f->code;
    memcpy(o->data + o->length, bytes, length);
    o->length += length;
    *lot = o->lot;
    return 0;
}

int gather_relieve(struct gather *g, struct fault *f)
{
    unsigned largest = 0;

    if (g->open_bytes <= g->open_max)
        return 0;
    for (unsigned i = 1; i < GATHER_CLASSES; i++) {
        if (g->open[i].room > g->open[largest].room)
            largest = i;
    }
    return close_lot(g, largest, f);
}

uint32_t gather_block_most(const struct gather *g, struct gather_class class)
{
    return rules_settings(g->rules, class.profile)->block_bytes;
}

uint32_t gather_lot_most(const struct gather *g, uint32_t lot)
{
    return g->lots[lot].most;
}

int gather_finish(struct gather *g, struct fault *f)
{
    for (unsigned i = 0; i < GATHER_CLASSES; i++) {
        if (g->open[i].data && close_lot(g, i, f) < 0)
            return f->code;
    }
    return 0;
}

uint32_t gather_block_of(const struct gather *g, uint32_t lot)
{
    return g->lots[lot].block;
}

void gather_close(struct gather *g)
{
    if (!g)
        return;
    for (unsigned i = 0; i < GATHER_CLASSES; i++)
        free(g->open[i].data);
    free(g->lots);
    free(g);
}
