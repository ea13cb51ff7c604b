/* SPDX-License-Identifier: MIT */
/* How much memory writing an engram takes, and how many threads fit into it. */
#include "engram/budget.h"

#include "base/checked.h"
#include "engram/batch.h"
#include "engram/frame.h"

/* The content of a block and what it packs to. */
static uint64_t block_bytes(const struct profile_settings *s)
{
    return s->block_bytes + frame_bound(s->block_bytes);
}

static uint64_t zstd_bytes(const struct profile_settings *s)
{
    const struct frame_settings how = {s->level, s->window_bytes, s->long_matches};

    return frame_packer_bytes(&how, s->block_bytes);
}

/* What all need, and what each thread needs: see packer.c and intake.c for how many of each there
 * are. */
static void cost(const struct rules *rules, uint64_t *all, uint64_t *each)
{
    uint64_t block = 0, zstd = 0;

    for (enum profile p = 0; p < PROFILE_COUNT; p++) {
        const struct profile_settings *s = rules_settings(rules, p);

        block = max_u64(block, block_bytes(s));
        zstd = max_u64(zstd, zstd_bytes(s));
    }
    *each = zstd + block + BATCH_BYTES;
    *all = BUDGET_TREE + BUDGET_OPEN + block + 2 * BATCH_BYTES;
}

uint64_t budget_bytes(const struct rules *rules, unsigned threads)
{
    uint64_t all, each;

    cost(rules, &all, &each);
    return all + threads * each;
}

unsigned budget_threads(const struct rules *rules, unsigned wanted, uint64_t bytes)
{
    uint64_t all, each;

    cost(rules, &all, &each);
    return bytes < all ? 0 : (unsigned)min_u64(wanted, (bytes - all) / each);
}
