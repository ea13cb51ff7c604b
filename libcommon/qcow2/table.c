/* SPDX-License-Identifier: MIT */
/* The L1 and L2 tables of one qcow2 image: where the guest's clusters are. */
#include "qcow2/table.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"

/* Bits of table entries. */
#define L1_OFFSET_MASK   UINT64_C(0x00fffffffffffe00) /* bits 9 to 55 */
#define L1_RESERVED_MASK UINT64_C(0x7f000000000001ff)
#define L1_ENTRY_BYTES   8
#define BATCH            64 /* entries read at once */

/* Read `count` (at most BATCH) entries of the L1 table, which is known to lie within the file. */
static int read_l1(const struct qcow2_table *t, uint64_t index, uint64_t count, uint64_t *entries,
                   struct fault *f)
{
    uint8_t raw[BATCH * L1_ENTRY_BYTES];

    if (reader_read(t->reader, t->header->l1_table_offset + index * L1_ENTRY_BYTES, raw,
                    count * L1_ENTRY_BYTES, f) < 0)
        return f->code;
    for (uint64_t i = 0; i < count; i++)
        entries[i] = be64_at(raw + i * L1_ENTRY_BYTES);
    return 0;
}

/* ---- L1 ---- */

static int check_l1_entry(const struct qcow2_header *h, uint64_t index, uint64_t entry,
                          struct fault *f)
{
    uint64_t offset = entry & L1_OFFSET_MASK;
    const char *under;

    if (entry & L1_RESERVED_MASK)
        return fault_set(f, FAULT_DAMAGED, "L1 entry %llu has reserved bits set: 0x%016llx",
                         ull(index), ull(entry));
    if (offset == 0)
        return 0;
    if (offset % h->cluster_size != 0)
        return fault_set(f, FAULT_DAMAGED, "L2 table %llu at 0x%llx is not cluster-aligned",
                         ull(index), ull(offset));
    if (!range_within(offset, h->cluster_size, h->file_size))
        return fault_set(f, FAULT_DAMAGED,
                         "L2 table %llu at 0x%llx passes the end of the file (%llu bytes)",
                         ull(index), ull(offset), ull(h->file_size));
    under = qcow2_header_overlap(h, offset, h->cluster_size);
    if (under)
        return fault_set(f, FAULT_DAMAGED, "L2 table %llu at 0x%llx lies over %s", ull(index),
                         ull(offset), under);
    return 0;
}

/* Put the number at root where it belongs in the heap below it. */
static void sift_down(uint64_t *heap, size_t root, size_t count)
{
    uint64_t number = heap[root];

    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= number)
            break;
        heap[root] = heap[child];
    }
    heap[root] = number;
}

/* A heap sort, in place and of the same cost for every order: qsort may take as much memory again.
 */
static void sort(uint64_t *numbers, size_t count)
{
    for (size_t root = count / 2; root-- > 0;)
        sift_down(numbers, root, count);
    for (size_t end = count; end-- > 1;) {
        uint64_t largest = numbers[0];

        numbers[0] = numbers[end];
        numbers[end] = largest;
        sift_down(numbers, 0, end);
    }
}

static int check_no_table_twice(uint64_t *offsets, size_t count, struct fault *f)
{
    sort(offsets, count);
    for (size_t i = 1; i < count; i++)
        if (offsets[i] == offsets[i - 1])
            return fault_set(f, FAULT_DAMAGED, "the L2 table at 0x%llx is used more than once",
                             ull(offsets[i]));
    return 0;
}

/* Check all entries, and collect the offsets of L2 tables. */
static int collect_l2_offsets(const struct qcow2_table *t, uint64_t *offsets, size_t *count,
                              struct fault *f)
{
    const struct qcow2_header *h = t->header;
    uint64_t entries[BATCH];

    for (uint64_t index = 0; index < h->l1_used; index += BATCH) {
        uint64_t n = min_u64(BATCH, h->l1_used - index);

        if (read_l1(t, index, n, entries, f) < 0)
            return f->code;
        for (uint64_t i = 0; i < n; i++) {
            if (check_l1_entry(h, index + i, entries[i], f) < 0)
                return f->code;
            if (entries[i] & L1_OFFSET_MASK)
                offsets[(*count)++] = entries[i] & L1_OFFSET_MASK;
        }
    }
    return 0;
}

int qcow2_table_check(const struct qcow2_table *t, struct fault *f)
{
    /* At most 32 MiB, backed by an L1 table of that size in the file, and only for this check. */
    size_t bytes = (size_t)t->header->l1_used * sizeof(uint64_t);
    uint64_t *offsets = malloc(bytes ? bytes : 1);
    size_t count = 0;
    int code;

    if (!offsets)
        return fault_memory(f, "the L1 table", bytes);
    code = collect_l2_offsets(t, offsets, &count, f);
    if (code == 0)
        code = check_no_table_twice(offsets, count, f);
    free(offsets);
    return code;
}

/* ---- L2 ---- */

/* Read `count` (at most BATCH) entries of an L2 table that is known to lie within the file. */
static int read_l2(const struct qcow2_table *t, uint64_t table, uint64_t index, uint64_t count,
                   struct qcow2_entry *entries, struct fault *f)
{
    uint32_t bytes = t->header->l2_entry_bytes;
    uint8_t raw[BATCH * 16];

    if (reader_read(t->reader, table + index * bytes, raw, count * bytes, f) < 0)
        return f->code;
    for (uint64_t i = 0; i < count; i++)
        entries[i] = (struct qcow2_entry){
            .descriptor = be64_at(raw + i * bytes),
            .bitmap = bytes > 8 ? be64_at(raw + i * bytes + 8) : 0,
        };
    return 0;
}

/* Is there nothing but a hole of the file where the whole of an L2 table is? */
static int is_empty(const struct qcow2_table *t, uint64_t table, bool *empty, struct fault *f)
{
    uint64_t zeros;

    if (reader_hole(t->reader, table, t->header->cluster_size, &zeros, f) < 0)
        return f->code;
    *empty = zeros == t->header->cluster_size;
    return 0;
}

/*
 * How many of the `count` entries from `index` on lie in a hole of the file, if those in front of
 * them are zeros: then they need not be looked at.  A table costs next to nothing as a hole, and
 * has up to 262144 entries.
 */
static int skip_hole(const struct qcow2_table *t, const struct qcow2_entry *before, uint64_t n,
                     uint64_t table, uint64_t index, uint64_t count, uint64_t *skipped,
                     struct fault *f)
{
    uint32_t bytes = t->header->l2_entry_bytes;
    uint64_t zeros;

    *skipped = 0;
    for (uint64_t i = 0; i < n; i++)
        if (before[i].descriptor != 0 || before[i].bitmap != 0)
            return 0;
    if (reader_hole(t->reader, table + index * bytes, count * bytes, &zeros, f) < 0)
        return f->code;
    *skipped = zeros / bytes;
    return 0;
}

/* Does `next` go on where the run ends, in the file too? */
static bool follows(const struct qcow2_run *run, const struct qcow2_run *next)
{
    if (next->kind != run->kind || next->allocated != run->allocated ||
        run->kind == QCOW2_COMPRESSED)
        return false;
    return !run->allocated || next->host_offset == run->host_offset + run->length;
}

/* Lengthen the run (or begin it, if its length is 0) by what an entry says from its subcluster
 * `sub` on.  *ended if something else comes before the end of the cluster. */
static int extend_over_entry(const struct qcow2_table *t, const struct qcow2_entry *e,
                             uint64_t start, unsigned sub, struct qcow2_run *run, bool *ended,
                             struct fault *f)
{
    const struct qcow2_header *h = t->header;
    struct qcow2_run next;

    if (qcow2_entry_decode(h, &t->data, e, start, sub, &next, f) < 0)
        return f->code;
    if (run->length == 0)
        *run = next;
    else if (follows(run, &next))
        run->length += next.length;
    else
        *ended = true;
    if (next.start + next.length < start + h->cluster_size)
        *ended = true;
    return 0;
}

/* The run that starts with the byte at `offset`, whose entry is number `index` of an L2 table, over
 * at most `count` clusters of it.  A damaged entry behind the first ends it, and is told of when it
 * is asked for. */
static int find_in_l2(const struct qcow2_table *t, uint64_t table, uint64_t index, uint64_t count,
                      uint64_t offset, struct qcow2_run *run, struct fault *f)
{
    const struct qcow2_header *h = t->header;
    uint64_t start = offset & ~(h->cluster_size - 1);
    unsigned sub = (unsigned)((offset - start) / h->subcluster_size);
    struct qcow2_entry entries[BATCH];
    bool ended = false;
    uint64_t skipped;
    uint64_t n;

    *run = (struct qcow2_run){.length = 0};
    for (uint64_t done = 0; done < count; done += n + skipped) {
        n = min_u64(BATCH, count - done);
        if (read_l2(t, table, index + done, n, entries, f) < 0)
            return f->code;
        for (uint64_t i = 0; i < n; i++, start += h->cluster_size, sub = 0) {
            int code = extend_over_entry(t, &entries[i], start, sub, run, &ended, f);

            if (code < 0 || ended)
                return run->length ? 0 : code;
        }
        if (skip_hole(t, entries, n, table, index + done + n, count - done - n, &skipped, f) < 0)
            return f->code;
        /* Behind zeros the run is an unallocated one. */
        run->length += skipped * h->cluster_size;
        start += skipped * h->cluster_size;
    }
    return 0;
}

/* Lengthen an unallocated run over the L1 entries that follow and have no L2 table, or one that is
 * a hole. */
static int extend_over_l1(const struct qcow2_table *t, uint64_t index, uint64_t end,
                          struct qcow2_run *run, struct fault *f)
{
    const struct qcow2_header *h = t->header;
    uint64_t last = div_round_up(end, UINT64_C(1) << h->l2_span_bits);
    uint64_t entries[BATCH];

    while (index < last) {
        uint64_t n = min_u64(BATCH, last - index);

        if (read_l1(t, index, n, entries, f) < 0)
            return f->code;
        for (uint64_t i = 0; i < n; i++, index++) {
            uint64_t table = entries[i] & L1_OFFSET_MASK;
            bool empty = true;

            if (table != 0 && is_empty(t, table, &empty, f) < 0)
                return f->code;
            if (!empty)
                return 0;
            run->length += UINT64_C(1) << h->l2_span_bits;
        }
    }
    return 0;
}

static int find_anew(const struct qcow2_table *t, uint64_t offset, uint64_t length,
                     struct qcow2_run *run, struct fault *f)
{
    const struct qcow2_header *h = t->header;
    uint64_t l1_index = offset >> h->l2_span_bits;
    uint64_t start = offset & ~(h->cluster_size - 1);
    uint64_t span_end = (l1_index + 1) << h->l2_span_bits; /* size is at most 2^61: see check_l1 */
    uint64_t l1_entry = 0;
    uint64_t clusters;

    if (read_l1(t, l1_index, 1, &l1_entry, f) < 0)
        return f->code;
    if ((l1_entry & L1_OFFSET_MASK) == 0) {
        *run = (struct qcow2_run){
            .kind = QCOW2_UNALLOCATED, .start = start, .length = span_end - start};
        return extend_over_l1(t, l1_index + 1, offset + length, run, f);
    }
    clusters = div_round_up(min_u64(offset + length, span_end) - start, h->cluster_size);
    if (find_in_l2(t, l1_entry & L1_OFFSET_MASK,
                   (start >> h->cluster_bits) & (h->cluster_size / h->l2_entry_bytes - 1), clusters,
                   offset, run, f) < 0)
        return f->code;
    if (run->kind == QCOW2_UNALLOCATED && !run->allocated && run->start + run->length == span_end)
        return extend_over_l1(t, l1_index + 1, offset + length, run, f);
    return 0;
}

int qcow2_table_find(struct qcow2_table *t, uint64_t offset, uint64_t length, struct qcow2_run *run,
                     struct fault *f)
{
    /* Whoever reads a disk in order asks again and again within one run: of a large hole over a
     * fragmented backing file, say. */
    if (offset < t->last.start || offset - t->last.start >= t->last.length) {
        t->last.length = 0;
        if (find_anew(t, offset, length, &t->last, f) < 0) {
            t->last.length = 0;
            return f->code;
        }
    }
    *run = t->last;
    return 0;
}

/* ---- counting ---- */

static int count_in_l2(const struct qcow2_table *t, uint64_t table, uint64_t start,
                       struct qcow2_counts *counts, struct fault *f)
{
    const struct qcow2_header *h = t->header;
    uint64_t span = min_u64(h->size - start, UINT64_C(1) << h->l2_span_bits);
    uint64_t count = div_round_up(span, h->cluster_size);
    struct qcow2_entry entries[BATCH];
    struct qcow2_run run;
    uint64_t skipped;
    uint64_t n;

    for (uint64_t index = 0; index < count; index += n + skipped) {
        n = min_u64(BATCH, count - index);
        if (read_l2(t, table, index, n, entries, f) < 0)
            return f->code;
        for (uint64_t i = 0; i < n; i++) {
            if (qcow2_entry_decode(h, &t->data, &entries[i],
                                   start + ((index + i) << h->cluster_bits), 0, &run, f) < 0)
                return f->code;
            counts->allocated += run.allocated;
            counts->compressed += run.kind == QCOW2_COMPRESSED;
        }
        if (skip_hole(t, entries, n, table, index + n, count - index - n, &skipped, f) < 0)
            return f->code;
    }
    return 0;
}

int qcow2_table_count(const struct qcow2_table *t, struct qcow2_counts *counts, struct fault *f)
{
    const struct qcow2_header *h = t->header;
    uint64_t entries[BATCH];

    *counts = (struct qcow2_counts){0};
    for (uint64_t index = 0; index < h->l1_used; index++) {
        uint64_t table;
        bool empty = true;

        if (index % BATCH == 0 &&
            read_l1(t, index, min_u64(BATCH, h->l1_used - index), entries, f) < 0)
            return f->code;
        table = entries[index % BATCH] & L1_OFFSET_MASK;
        if (table != 0 && is_empty(t, table, &empty, f) < 0)
            return f->code;
        if (!empty && count_in_l2(t, table, index << h->l2_span_bits, counts, f) < 0)
            return f->code;
    }
    return 0;
}
