/* SPDX-License-Identifier: MIT */
/* Checks all of an engram, or its index alone, and names the files that are damaged. */
#include "engram/verify.h"

#include <inttypes.h>

#include "base/text.h"
#include "engram/damage.h"
#include "engram/totals.h"
#include "io/sink.h"
#include "manifest/writer.h"

struct verification {
    struct engram *engram;
    const struct notices *notices;
    struct progress *progress;
    struct damage *damage;
    struct sink *nowhere;
    struct manifest_writer *order; /* checks the entries among each other */
    struct totals *totals;
    bool index_only;
    uint64_t damaged_files;
};

static int start(struct verification *v, struct fault *f)
{
    if (damage_open(v->engram, v->notices, &v->damage, f) < 0 ||
        sink_to_nowhere(&v->nowhere, f) < 0 ||
        manifest_writer_open(v->nowhere, false, &v->order, f) < 0)
        return f->code;
    return totals_open(&v->totals, f);
}

static void end(struct verification *v)
{
    manifest_writer_close(v->order);
    sink_close(v->nowhere);
    totals_close(v->totals);
    damage_close(v->damage);
}

static int check_item(struct verification *v, const struct engram_item *item, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];
    const char *why = NULL;

    if (v->progress)
        progress_file(v->progress, item->entry.path);
    /* Without the lost ones, the others do not make a whole. */
    if (damage_lost_entries(v->damage) == 0 &&
        (manifest_write_entry(v->order, &item->entry, f) < 0 || totals_add(v->totals, item, f) < 0))
        return f->code;
    if (!v->index_only && damage_check_data(v->damage, item, v->progress, &why, f) < 0)
        return f->code;
    if (why) {
        notice(v->notices, NOTICE_LOSS, NULL, "%s: %s", text_shown(shown, item->entry.path), why);
        v->damaged_files++;
    }
    return 0;
}

/* The next entry that can be read. */
static int next_item(struct verification *v, struct engram_walk *walk, struct engram_item *item,
                     bool *more, struct fault *f)
{
    uint32_t entries;

    while (engram_walk_next(walk, item, more, f) < 0) {
        if (f->code != FAULT_DAMAGED || !engram_walk_pass_over(walk, &entries) ||
            damage_begin_gap(v->damage, entries, item->entry.path, f) < 0)
            return f->code;
    }
    damage_end_gap(v->damage, *more ? item->entry.path : NULL);
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
    uint64_t lost = damage_lost_entries(v->damage);

    if (lost)
        return fault_set(f, FAULT_DAMAGED, "damaged files: %" PRIu64 ", lost entries: %" PRIu64,
                         v->damaged_files, lost);
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
