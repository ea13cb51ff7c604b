/* SPDX-License-Identifier: MIT */
/* Writes an engram(5) in one pass, from entries in manifest order and their data. */
#include "engram/writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/digest.h"
#include "engram/chunker.h"
#include "engram/chunkset.h"
#include "engram/layout.h"
#include "engram/leafwriter.h"
#include "engram/packer.h"
#include "manifest/writer.h"

/* The file whose data is coming, or the last one whose data came. */
struct file {
    struct record_text record;
    enum profile profile;
    uint64_t owed; /* data bytes still to come */
    struct engram_run *runs;
    size_t run_count, run_room;
    uint64_t chunks;
    uint8_t sha256[SHA256_BYTES]; /* of its only or latest chunk, in the end of the file */
};

struct engram_writer {
    struct sink *to;
    const struct rules *rules;
    struct packer *packer;
    struct leafwriter *leaves;
    struct chunkset set;
    struct file file;
    uint8_t *buffer; /* LAYOUT_CHUNK_MAX: bytes not yet cut */
    size_t buffered;
    struct sha256 *whole; /* of a file of several chunks */
    struct sha256 *tree;
    struct layout_footer footer;
};

static int write_header(struct engram_writer *w, struct fault *f)
{
    uint8_t header[LAYOUT_HEADER_BYTES];

    w->footer.version = LAYOUT_VERSION;
    layout_put_header(header, &w->footer);
    return sink_data(w->to, header, sizeof(header), f);
}

int engram_writer_open(struct sink *to, const struct rules *rules, unsigned threads,
                       struct engram_writer **out, struct fault *f)
{
    struct engram_writer *w = calloc(1, sizeof(*w));

    if (w)
        w->buffer = malloc(LAYOUT_CHUNK_MAX);
    if (!w || !w->buffer) {
        free(w);
        return fault_memory(f, "an engram writer", LAYOUT_CHUNK_MAX);
    }
    w->to = to;
    w->rules = rules;
    if (sha256_open(&w->whole, f) < 0 || sha256_open(&w->tree, f) < 0 ||
        leafwriter_open(&w->leaves, f) < 0 || packer_open(to, rules, threads, &w->packer, f) < 0 ||
        write_header(w, f) < 0) {
        engram_writer_close(w);
        return f->code;
    }
    *out = w;
    return 0;
}

/* One more chunk of the file: it makes the last run longer, or starts one. */
static int add_to_runs(struct file *file, uint32_t chunk, struct fault *f)
{
    struct engram_run *last = file->run_count ? &file->runs[file->run_count - 1] : NULL;

    file->chunks++;
    if (last && chunk == last->first + last->count) {
        last->count++;
        return 0;
    }
    if (file->run_count == file->run_room) {
        size_t room = file->run_room ? 2 * file->run_room : 16;
        struct engram_run *runs = realloc(file->runs, room * sizeof(*runs));

        if (!runs)
            return fault_memory(f, "the runs of a file", room * sizeof(*runs));
        file->runs = runs;
        file->run_room = room;
    }
    file->runs[file->run_count++] = (struct engram_run){chunk, 1};
    return 0;
}

/* Store a chunk unless it is there already.  A file that is one chunk is hashed once only. */
static int take_chunk(struct engram_writer *w, const uint8_t *bytes, size_t length, bool last,
                      struct fault *f)
{
    struct file *file = &w->file;
    struct layout_chunk *c;
    uint32_t number;
    bool found;

    sha256_of(bytes, length, file->sha256);
    if (file->chunks || !last)
        sha256_update(w->whole, bytes, length);
    if (chunkset_find_or_add(&w->set, file->sha256, &number, &found, f) < 0)
        return f->code;
    if (!found) {
        c = &w->set.chunks[number];
        c->length = (uint32_t)length;
        if (packer_add(w->packer, file->profile, bytes, length, &c->block, f) < 0)
            return f->code;
    }
    return add_to_runs(file, number, f);
}

/* Cut what is buffered, as far as it can be told where. */
static int cut(struct engram_writer *w, struct fault *f)
{
    bool final = w->file.owed == 0;
    size_t done = 0, length;

    while (done < w->buffered &&
           (length = chunker_cut(w->buffer + done, w->buffered - done, final)) != 0) {
        bool last = final && done + length == w->buffered;

        if (take_chunk(w, w->buffer + done, length, last, f) < 0)
            return f->code;
        done += length;
    }
    w->buffered -= done;
    memmove(w->buffer, w->buffer + done, w->buffered);
    return 0;
}

/* All data of a regular file has come. */
static int end_file(struct engram_writer *w, struct fault *f)
{
    struct file *file = &w->file;
    struct leaf_entry e = {.record = file->record.bytes,
                           .record_length = file->record.length,
                           .runs = file->runs,
                           .run_count = file->run_count};

    if (file->chunks == 0)
        sha256_of("", 0, file->sha256);
    if (file->chunks > 1) {
        sha256_finish(w->whole, file->sha256);
        e.sha256 = file->sha256;
    }
    sha256_update(w->tree, file->sha256, SHA256_BYTES);
    return leafwriter_add(w->leaves, &e, f);
}

static int check_complete(const struct engram_writer *w, struct fault *f)
{
    if (w->file.owed == 0)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "%" PRIu64 " bytes of the last file's data are missing",
                     w->file.owed);
}

int engram_writer_entry(struct engram_writer *w, const struct entry *e, struct fault *f)
{
    struct file *file = &w->file;
    struct leaf_entry plain;
    uint64_t data = entry_data_bytes(e);

    if (check_complete(w, f) < 0)
        return f->code;
    file->record.length = 0;
    if (record_append(&file->record, e, f) < 0)
        return f->code;
    if (!add_u64(w->footer.data_bytes, data, &w->footer.data_bytes))
        return fault_set(f, FAULT_UNSUPPORTED, "more than 2^64 bytes of data");
    w->footer.entries++;
    sha256_update(w->tree, file->record.bytes, file->record.length);
    if (e->type != ENTRY_FILE) {
        plain =
            (struct leaf_entry){.record = file->record.bytes, .record_length = file->record.length};
        return leafwriter_add(w->leaves, &plain, f);
    }
    file->profile = rules_profile(w->rules, e->path);
    file->owed = data;
    file->run_count = 0;
    file->chunks = 0;
    return data ? 0 : end_file(w, f);
}

int engram_writer_data(struct engram_writer *w, const void *bytes, size_t length, struct fault *f)
{
    const uint8_t *from = bytes;

    if (length > w->file.owed)
        return fault_set(f, FAULT_DAMAGED, "%zu bytes of data, but only %" PRIu64 " are due",
                         length, w->file.owed);
    while (length) {
        size_t n = min_u64(length, LAYOUT_CHUNK_MAX - w->buffered);

        memcpy(w->buffer + w->buffered, from, n);
        w->buffered += n;
        w->file.owed -= n;
        from += n;
        length -= n;
        if ((w->buffered == LAYOUT_CHUNK_MAX || w->file.owed == 0) && cut(w, f) < 0)
            return f->code;
        if (w->file.owed == 0)
            return end_file(w, f);
    }
    return 0;
}

/* A row of the tables, which are hashed as they are written. */
static int put_row(struct engram_writer *w, const uint8_t *row, size_t length, struct fault *f)
{
    sha256_update(w->whole, row, length);
    return sink_data(w->to, row, length, f);
}

static int put_rows(struct engram_writer *w, const struct layout_block *blocks,
                    const struct layout_leaf *leaves, struct fault *f)
{
    uint8_t row[LAYOUT_BLOCK_ROW];
    int rc = 0;

    for (uint32_t i = 0; i < w->footer.blocks && rc == 0; i++) {
        layout_put_block(row, &blocks[i]);
        rc = put_row(w, row, LAYOUT_BLOCK_ROW, f);
    }
    for (uint32_t i = 0; i < w->footer.leaves && rc == 0; i++) {
        layout_put_leaf(row, &leaves[i]);
        rc = put_row(w, row, LAYOUT_LEAF_ROW, f);
    }
    for (uint32_t i = 0; i < w->footer.chunks && rc == 0; i++) {
        struct layout_chunk c = w->set.chunks[i];

        c.block = packer_written_as(w->packer, c.block);
        layout_put_chunk(row, &c);
        rc = put_row(w, row, LAYOUT_CHUNK_ROW, f);
    }
    return rc;
}

static int write_tables(struct engram_writer *w, struct fault *f)
{
    const struct layout_block *blocks = packer_blocks(w->packer, &w->footer.blocks);
    const struct layout_leaf *leaves = leafwriter_rows(w->leaves, &w->footer.leaves);
    uint8_t frame[LAYOUT_FRAME_BYTES];
    uint64_t length;

    w->footer.chunks = w->set.count;
    length = layout_tables_bytes(&w->footer);
    if (length > UINT32_MAX)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "the tables would have %" PRIu64 " bytes, more than a frame can hold",
                         length);
    layout_put_frame(frame, LAYOUT_TABLES, (uint32_t)length);
    if (sink_data(w->to, frame, sizeof(frame), f) < 0 || put_rows(w, blocks, leaves, f) < 0)
        return f->code;
    sha256_finish(w->whole, w->footer.tables);
    return 0;
}

static void fill_info(const struct engram_writer *w, struct engram_info *info)
{
    const struct layout_footer *footer = &w->footer;

    *info = (struct engram_info){
        .version = footer->version,
        .size = footer->tables_offset + LAYOUT_FRAME_BYTES + layout_tables_bytes(footer) +
                LAYOUT_FOOTER_BYTES,
        .entries = footer->entries,
        .data_bytes = footer->data_bytes,
        .chunks = footer->chunks,
        .blocks = footer->blocks,
        .leaves = footer->leaves,
    };
    memcpy(info->tree, footer->tree, SHA256_BYTES);
}

int engram_writer_finish(struct engram_writer *w, struct engram_info *info, struct fault *f)
{
    uint8_t footer[LAYOUT_FOOTER_BYTES];

    if (check_complete(w, f) < 0 || packer_finish(w->packer, f) < 0 ||
        leafwriter_finish(w->leaves, w->to, f) < 0)
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

void engram_writer_close(struct engram_writer *w)
{
    if (!w)
        return;
    packer_close(w->packer);
    leafwriter_close(w->leaves);
    chunkset_free(&w->set);
    sha256_close(w->whole);
    sha256_close(w->tree);
    record_free(&w->file.record);
    free(w->file.runs);
    free(w->buffer);
    free(w);
}
