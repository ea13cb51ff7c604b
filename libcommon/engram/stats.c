/* SPDX-License-Identifier: MIT */
/* What an engram's bytes are spent on, profile by profile. */
#include "engram/stats.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "engram/chunkrows.h"
#include "engram/internal.h"

static struct stats_row *row_of_chunk(struct engram_stats *s, const struct tables *t,
                                      uint32_t chunk)
{
    return &s->profiles[t->blocks[chunkrows_block(t, chunk)].row.profile];
}

/* Count the entries.  A run of chunks is noted at its ends only: one that starts at a chunk as +1
 * there, one that ended before it as -1, modulo 2^64. */
static int count_entries(struct engram *g, struct engram_stats *s, uint64_t *starts,
                         struct fault *f)
{
    struct engram_item item = {0};
    struct engram_walk *walk = NULL;
    bool more;
    int rc = engram_walk_open(g, "/", &walk, f);

    while (rc == 0 && (rc = engram_walk_next(walk, &item, &more, f)) == 0 && more) {
        s->names++;
        if (item.entry.type == ENTRY_FILE && item.run_count == 0)
            s->empty++;
        else if (item.entry.type == ENTRY_FILE)
            row_of_chunk(s, &g->tables, item.runs[0].first)->files++;
        for (size_t i = 0; i < item.run_count; i++) {
            starts[item.runs[i].first]++;
            starts[(uint64_t)item.runs[i].first + item.runs[i].count]--;
        }
    }
    engram_walk_close(walk);
    engram_item_free(&item);
    return rc;
}

static int count_chunks(const struct tables *t, struct engram_stats *s, const uint64_t *starts,
                        struct fault *f)
{
    uint64_t uses = 0, bytes;

    for (uint32_t i = 0; i < t->footer.chunks; i++) {
        struct stats_row *row = row_of_chunk(s, t, i);

        uses += starts[i];
        if (t->blocks[chunkrows_block(t, i)].level == 0) {
            row->chunks++;
            row->distinct += chunkrows_length(t, i);
        } else {
            s->base_chunks++;
            s->base_distinct += chunkrows_length(t, i);
        }
        if (!mul_u64(uses, chunkrows_length(t, i), &bytes) ||
            !add_u64(row->data, bytes, &row->data) ||
            !add_u64(s->total.data, bytes, &s->total.data))
            return fault_set(f, FAULT_DAMAGED, "the files have more than 2^64 bytes of data");
    }
    return 0;
}

static void count_regions(struct engram *g, struct engram_stats *s)
{
    const struct tables *t = &g->tables;

    for (uint32_t i = 0; i < t->footer.blocks; i++) {
        struct stats_row *row = &s->profiles[t->blocks[i].row.profile];

        row->blocks++;
        row->stored += t->blocks[i].row.stored;
    }
    for (uint32_t i = 0; i < t->footer.leaves; i++)
        s->index += t->leaves[i].row.stored;
    s->tables = LAYOUT_HEADER_BYTES + LAYOUT_FRAME_BYTES +
                layout_tables_bytes(&t->footer, t->own_chunks) + LAYOUT_FOOTER_BYTES;
    s->size = g->info.size;
}

/* All but the data, which has been added up with care. */
static void add_up(struct engram_stats *s)
{
    for (unsigned i = 0; i < PROFILE_COUNT; i++) {
        const struct stats_row *row = &s->profiles[i];

        s->total.files += row->files;
        s->total.distinct += row->distinct;
        s->total.stored += row->stored;
        s->total.chunks += row->chunks;
        s->total.blocks += row->blocks;
    }
}

int engram_stats(struct engram *g, struct engram_stats *s, struct fault *f)
{
    uint64_t *starts = calloc((size_t)g->tables.footer.chunks + 1, sizeof(*starts));
    int rc;

    memset(s, 0, sizeof(*s));
    if (!starts)
        return fault_memory(f, "chunks", g->tables.footer.chunks * sizeof(*starts));
    rc = count_entries(g, s, starts, f);
    if (rc == 0)
        rc = count_chunks(&g->tables, s, starts, f);
    if (rc == 0) {
        count_regions(g, s);
        add_up(s);
    }
    free(starts);
    return rc;
}
