/* SPDX-License-Identifier: MIT */
/* Writes an engram(5) in one pass, from entries in manifest order and their data. */
#include "engram/writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/checked.h"
#include "base/digest.h"
#include "base/pool.h"
#include "base/text.h"
#include "engram/baseset.h"
#include "engram/budget.h"
#include "engram/chunkset.h"
#include "engram/cost.h"
#include "engram/gather.h"
#include "engram/intake.h"
#include "engram/layout.h"
#include "engram/leafwriter.h"
#include "engram/packer.h"
#include "engram/tablewriter.h"
#include "manifest/writer.h"

/* What is closed for want of memory is at least so large, see cost_allows. */
_Static_assert(BUDGET_OPEN / GATHER_CLASSES >= COST_TOGETHER_BYTES, "see cost.h");

/* The file whose data is coming, or the last one whose data came. */
struct file {
    struct record_text record;
    struct gather_class class; /* of its latest chunk that was stored */
    struct cost cost;
    uint64_t left; /* bytes of data that are still to come */
    struct engram_run *runs;
    size_t run_count, run_room;
    uint64_t chunks;
};

struct engram_writer {
    struct sink *to;
    const struct rules *rules;
    struct pool *pool;
    struct intake *intake;
    struct gather *gather;
    struct packer *packer;
    struct leafwriter *leaves;
    struct chunkset set;  /* `block` is the lot; or see baseset_has */
    struct baseset *base; /* NULL: none */
    struct file file;
    struct sha256 *tree;
    struct layout_footer footer;
    struct engram_writer_stats stats[PROFILE_COUNT]; /* files and data_bytes only */
    uint32_t own_chunks;                             /* that are not the base's, in the end */
};

static int write_header(struct engram_writer *w, struct fault *f)
{
    uint8_t header[LAYOUT_HEADER_BYTES];

    w->footer.version = LAYOUT_VERSION;
    w->footer.required = w->base ? LAYOUT_FEATURE_BASE : 0;
    layout_put_header(header, &w->footer);
    return sink_data(w->to, header, sizeof(header), f);
}

static int take_entry(void *context, const struct intake_entry *e, struct fault *f);
static int take_chunk(void *context, const struct intake_chunk *c, struct fault *f);

int engram_writer_open_based(struct sink *to, const struct rules *rules, unsigned threads,
                             const struct engram_writer_base *base, struct engram_writer **out,
                             struct fault *f)
{
    static const struct intake_target target = {.entry = take_entry, .chunk = take_chunk};
    struct engram_writer *w = calloc(1, sizeof(*w));

    if (!w)
        return fault_memory(f, "an engram writer", sizeof(*w));
    w->to = to;
    w->rules = rules;
    if ((base && baseset_open(base->engram, base->name, &w->base, f) < 0) ||
        sha256_open(&w->tree, f) < 0 || leafwriter_open(&w->leaves, f) < 0 ||
        pool_open(threads, &w->pool, f) < 0 || packer_open(to, rules, w->pool, &w->packer, f) < 0 ||
        gather_open(w->packer, rules, BUDGET_OPEN, &w->gather, f) < 0 ||
        intake_open(w->pool, rules, &target, w, &w->intake, f) < 0 || write_header(w, f) < 0) {
        engram_writer_close(w);
        return f->code;
    }
    *out = w;
    return 0;
}

int engram_writer_open(struct sink *to, const struct rules *rules, unsigned threads,
                       struct engram_writer **out, struct fault *f)
{
    return engram_writer_open_based(to, rules, threads, NULL, out, f);
}

int engram_writer_check_base(const struct engram_writer_base *base, struct fault *f)
{
    return baseset_check(base->engram, base->name, f);
}

uint64_t engram_writer_base_memory(const struct engram_writer_base *base)
{
    return baseset_memory(base->engram);
}

int engram_writer_entry(struct engram_writer *w, const struct entry *e, struct fault *f)
{
    return intake_entry(w->intake, e, f);
}

int engram_writer_data(struct engram_writer *w, const void *bytes, size_t length, struct fault *f)
{
    return intake_data(w->intake, bytes, length, f);
}

uint64_t engram_writer_bytes(const struct engram_writer *w)
{
    return LAYOUT_HEADER_BYTES + packer_bytes(w->packer);
}

/* ---- what was taken in, hashed and in order ---- */

/* That an entry is too much is told with its path, which its record begins with. */
static int check_record(const char *record, size_t length, size_t runs, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    if (leafwriter_check(length, runs, f) == 0)
        return 0;
    return fault_prefix(f, "%s", text_shown(shown, record + strlen("path=")));
}

/* An entry is complete.  `sha256`: of the data of a regular file. */
static int end_entry(struct engram_writer *w, const uint8_t *sha256, struct fault *f)
{
    struct file *file = &w->file;
    struct leaf_entry e = {.record = file->record.bytes,
                           .record_length = file->record.length,
                           .runs = file->runs,
                           .run_count = file->run_count,
                           .sha256 = file->chunks > 1 ? sha256 : NULL};

    if (sha256)
        sha256_update(w->tree, sha256, SHA256_BYTES);
    return leafwriter_add(w->leaves, &e, f);
}

static int keep_record(struct record_text *to, const struct intake_entry *e, struct fault *f)
{
    if (e->record_length > to->room) {
        record_free(to);
        to->bytes = malloc(e->record_length);
        if (!to->bytes)
            return fault_memory(f, "a record", e->record_length);
        to->room = e->record_length;
    }
    memcpy(to->bytes, e->record, e->record_length);
    to->length = e->record_length;
    return 0;
}

static int take_entry(void *context, const struct intake_entry *e, struct fault *f)
{
    struct engram_writer *w = context;
    struct file *file = &w->file;
    uint8_t empty[SHA256_BYTES];

    if (!add_u64(w->footer.data_bytes, e->data, &w->footer.data_bytes))
        return fault_set(f, FAULT_UNSUPPORTED, "more than 2^64 bytes of data");
    w->footer.entries++;
    sha256_update(w->tree, e->record, e->record_length);
    if (check_record(e->record, e->record_length, e->data > 0, f) < 0 ||
        keep_record(&file->record, e, f) < 0)
        return f->code;
    if (e->is_file) {
        w->stats[e->profile].files++;
        w->stats[e->profile].data_bytes += e->data; /* footer.data_bytes, the sum, did not wrap */
    }
    file->class = (struct gather_class){.profile = e->profile};
    file->cost = (struct cost){.data = e->data};
    file->left = e->data;
    file->run_count = 0;
    file->chunks = 0;
    if (e->data)
        return gather_relieve(w->gather, f);
    sha256_of("", 0, empty);
    return end_entry(w, e->is_file ? empty : NULL, f);
}

/* One more chunk of the file: it makes the last run longer, or starts one. */
static int add_to_runs(struct file *file, uint32_t chunk, struct fault *f)
{
    struct engram_run *last = file->run_count ? &file->runs[file->run_count - 1] : NULL, *runs;

    file->chunks++;
    if (last && chunk == last->first + last->count) {
        last->count++;
        return 0;
    }
    /* No more memory for runs than a leaf has room for, however long the file is. */
    if (check_record(file->record.bytes, file->record.length, file->run_count + 1, f) < 0)
        return f->code;
    runs = array_grow(file->runs, file->run_count, &file->run_room, sizeof(*runs),
                      "the runs of a file", f);
    if (!runs)
        return f->code;
    file->runs = runs;
    file->runs[file->run_count++] = (struct engram_run){chunk, 1};
    return 0;
}

static uint64_t block_most(const struct engram_writer *w)
{
    return gather_block_most(w->gather, w->file.class);
}

/* Where a chunk is: the number of its lot, or that of a block of the base and IN_BASE. */
static const uint64_t IN_BASE = (uint64_t)1 << 32;

static uint64_t place_of(const struct engram_writer *w, uint32_t number)
{
    const struct layout_chunk *c = &w->set.chunks[number];

    return baseset_has(c) ? IN_BASE + baseset_block(w->base, c->block) : c->block;
}

/* How many bytes the block there may have at most. */
static uint32_t place_most(const struct engram_writer *w, uint64_t place)
{
    return place >= IN_BASE ? baseset_block_bytes(w->base, (uint32_t)(place - IN_BASE))
                            : gather_lot_most(w->gather, (uint32_t)place);
}

/* May the file share a chunk that is there? */
static bool may_share(const struct engram_writer *w, uint64_t place)
{
    const struct file *file = &w->file;

    return (file->cost.started && place == file->cost.place) ||
           cost_allows(&file->cost, place_most(w, place), file->left, block_most(w));
}

/* Is a chunk whose element in the set is new one of the base's? */
static bool take_from_base(struct engram_writer *w, const uint8_t *sha256, uint32_t number)
{
    struct layout_chunk *row = &w->set.chunks[number];
    uint32_t chunk;

    if (!w->base || !baseset_find(w->base, sha256, &chunk) ||
        !may_share(w, IN_BASE + baseset_block(w->base, chunk)))
        return false;
    row->length = 0;
    row->block = chunk;
    return true;
}

/* Store a chunk whose element in the set is new. */
static int store(struct engram_writer *w, const struct intake_chunk *c, uint32_t number,
                 struct fault *f)
{
    struct file *file = &w->file;
    uint64_t rest = file->left + c->length;
    struct layout_chunk *row = &w->set.chunks[number];
    /* Long-distance matching may find what a look at the chunk alone does not see. */
    bool dense = c->dense && !rules_settings(w->rules, file->class.profile)->long_matches;

    row->length = c->length;
    if (rest > COST_TOGETHER_BYTES && gather_relieve(w->gather, f) < 0)
        return f->code;
    if (dense != file->class.dense &&
        (!file->cost.started || cost_allows(&file->cost, block_most(w), rest, block_most(w))))
        file->class.dense = dense;
    if (rest > cost_together(block_most(w)))
        rest = c->length;
    return gather_add(w->gather, file->class, c->bytes, c->length, rest, &row->block, f);
}

static int take_chunk(void *context, const struct intake_chunk *c, struct fault *f)
{
    struct engram_writer *w = context;
    struct file *file = &w->file;
    uint64_t place;
    uint32_t number;
    bool found;

    file->left -= c->length;
    if (chunkset_find_or_add(&w->set, c->sha256, &number, &found, f) < 0)
        return f->code;
    if (!found) {
        found = take_from_base(w, c->sha256, number);
    } else if (!may_share(w, place_of(w, number))) {
        found = false;
        if (chunkset_add_again(&w->set, c->sha256, &number, f) < 0)
            return f->code;
    }
    if (!found && store(w, c, number, f) < 0)
        return f->code;
    place = place_of(w, number);
    cost_add(&file->cost, place, place_most(w, place));
    if (add_to_runs(file, number, f) < 0)
        return f->code;
    return c->is_last ? end_entry(w, c->whole, f) : 0;
}

/* ---- the end ---- */

static int write_tables(struct engram_writer *w, struct fault *f)
{
    const struct tablewriter t = {
        .blocks = packer_blocks(w->packer, &w->footer.blocks),
        .leaves = leafwriter_rows(w->leaves, &w->footer.leaves),
        .set = &w->set,
        .gather = w->gather,
        .base = w->base,
    };

    return tablewriter_write(&t, w->to, &w->footer, &w->own_chunks, f);
}

static void fill_info(const struct engram_writer *w, struct engram_info *info)
{
    const struct layout_footer *footer = &w->footer;

    *info = (struct engram_info){
        .version = footer->version,
        .required = footer->required,
        .size = footer->tables_offset + LAYOUT_FRAME_BYTES +
                layout_tables_bytes(footer, w->own_chunks) + LAYOUT_FOOTER_BYTES,
        .entries = footer->entries,
        .data_bytes = footer->data_bytes,
        .chunks = footer->chunks,
        .own_chunks = w->own_chunks,
        .blocks = footer->blocks,
        .leaves = footer->leaves,
    };
    memcpy(info->tree, footer->tree, SHA256_BYTES);
}

int engram_writer_finish(struct engram_writer *w, struct engram_info *info, struct fault *f)
{
    uint8_t footer[LAYOUT_FOOTER_BYTES];

    if (intake_finish(w->intake, f) < 0 || gather_finish(w->gather, f) < 0 ||
        packer_finish(w->packer, f) < 0 || leafwriter_finish(w->leaves, w->to, f) < 0)
        return f->code;
    w->footer.tables_offset =
        LAYOUT_HEADER_BYTES + packer_bytes(w->packer) + leafwriter_bytes(w->leaves);
    sha256_finish(w->tree, w->footer.tree);
    if (write_tables(w, f) < 0)
        return f->code;
    layout_put_footer(footer, &w->footer);
    if (sink_data(w->to, footer, sizeof(footer), f) < 0)
        return f->code;
    fill_info(w, info);
    return 0;
}

void engram_writer_stats(const struct engram_writer *w,
                         struct engram_writer_stats stats[PROFILE_COUNT])
{
    uint32_t count;
    const struct layout_block *blocks = packer_blocks(w->packer, &count);

    memcpy(stats, w->stats, sizeof(w->stats));
    for (uint32_t i = 0; i < count; i++) {
        stats[blocks[i].profile].distinct_bytes += blocks[i].unpacked;
        stats[blocks[i].profile].stored_bytes += blocks[i].stored;
    }
}

uint64_t engram_writer_index_bytes(const struct engram_writer *w)
{
    return leafwriter_bytes(w->leaves);
}

void engram_writer_close(struct engram_writer *w)
{
    if (!w)
        return;
    /* First: its jobs use what is freed below.  After a failure nobody wants what they would still
     * do. */
    if (w->pool)
        pool_cancel(w->pool);
    pool_close(w->pool);
    intake_close(w->intake);
    gather_close(w->gather);
    packer_close(w->packer);
    leafwriter_close(w->leaves);
    chunkset_free(&w->set);
    baseset_close(w->base);
    sha256_close(w->tree);
    record_free(&w->file.record);
    free(w->file.runs);
    free(w);
}
