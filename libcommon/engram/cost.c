/* SPDX-License-Identifier: MIT */
/* What reading a file costs while it is being written, kept within the bound of engram(5). */
#include "engram/cost.h"

#include "base/checked.h"
#include "engram/layout.h"

uint64_t cost_together(uint64_t block_most)
{
    return min_u64(COST_TOGETHER_BYTES, block_most);
}

bool cost_allows(const struct cost *c, uint64_t most, uint64_t rest, uint64_t block_most)
{
    uint64_t allowed, bytes = c->bytes + most;

    if (!mul_u64(c->data + LAYOUT_CHUNK_MAX, LAYOUT_READ_FACTOR, &allowed))
        return true;
    if (rest > cost_together(block_most))
        bytes += rest + 3 * block_most + rest / COST_TOGETHER_BYTES * block_most;
    else if (rest)
        bytes += block_most;
    return bytes <= allowed;
}

void cost_add(struct cost *c, uint64_t place, uint64_t most)
{
    if (!c->started || place != c->place)
        c->bytes += most;
    c->place = place;
    c->started = true;
}
