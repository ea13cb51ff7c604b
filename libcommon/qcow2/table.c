/* SPDX-License-Identifier: MIT */
/* The L1 and L2 tables of one qcow2 image: where the guest's clusters are. */
#include "qcow2/table.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"

/* Bits of table entries. */
#define L1_OFFSET_MASK    UINT64_C(0x00fffffffffffe00) /* bits 9 to 55 */
#define L1_RESERVED_MASK  UINT64_C(0x7f000000000001ff)
#define L2_OFFSET_MASK    UINT64_C(0x00fffffffffffe00)
#define L2_RESERVED_MASK  UINT64_C(0x3f000000000001fe)
#define L2_ZERO           (UINT64_C(1) << 0) /* version 3 */
#define ENTRY_COPIED      (UINT64_C(1) << 63)
#define L2_COMPRESSED     (UINT64_C(1) << 62)
#define COMPRESSED_SECTOR 512
#define ENTRY_BYTES       8
#define BATCH             64 /* entries read at once */

static unsigned long long ull(uint64_t n)
{
    return n;
}

/* How many bytes of the guest disk one L2 table maps, as a power of 2. */
static unsigned l2_span_bits(const struct qcow2_header *h)
{
    return 2 * h->cluster_bits - 3;
}

/* Read `count` (at most BATCH) entries of a table that is known to lie within the file. */
static int read_entries(const struct qcow2_table *t, uint64_t table, uint64_t index, uint64_t count,
                        uint64_t *entries, struct fault *f)
{
    uint8_t raw[BATCH * ENTRY_BYTES];

    if (reader_read(t->reader, table + index * ENTRY_BYTES, raw, count * ENTRY_BYTES, f) < 0)
        return f->code;
    for (uint64_t i = 0; i < count; i++)
        entries[i] = be64_at(raw + i * ENTRY_BYTES);
    return 0;
}

/* Does a cluster, aligned, lie over the header, which is the first one, or over the L1 table? */
static bool is_over_metadata(const struct qcow2_header *h, uint64_t offset)
{
    return offset == 0 || (offset >= h->l1_table_offset &&
                           offset - h->l1_table_offset < (uint64_t)h->l1_size * ENTRY_BYTES);
}

/* ---- L1 ---- */

static int check_l1_entry(const struct qcow2_header *h, uint64_t index, uint64_t entry,
                          struct fault *f)
{
    uint64_t offset = entry & L1_OFFSET_MASK;

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
    if (is_over_metadata(h, offset))
        return fault_set(f, FAULT_DAMAGED,
                         "L2 table %llu at 0x%llx lies over the header or the L1 table", ull(index),
                         ull(offset));
    return 0;
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static int check_no_table_twice(uint64_t *offsets, size_t count, struct fault *f)
{
    if (count > 1)
        qsort(offsets, count, sizeof(*offsets), compare_u64);
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

        if (read_entries(t, h->l1_table_offset, index, n, entries, f) < 0)
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

/* Lengthen a run without L2 table over the L1 entries that follow and have none either. */
static int extend_over_l1(const struct qcow2_table *t, uint64_t index, uint64_t end,
                          struct qcow2_run *run, struct fault *f)
{
    const struct qcow2_header *h = t->header;
    uint64_t last = div_round_up(end, UINT64_C(1) << l2_span_bits(h));
    uint64_t entries[BATCH];

    while (index < last) {
        uint64_t n = min_u64(BATCH, last - index);

        if (read_entries(t, h->l1_table_offset, index, n, entries, f) < 0)
            return f->code;
        for (uint64_t i = 0; i < n; i++, index++) {
            if (entries[i] & L1_OFFSET_MASK)
                return 0;
            run->length += UINT64_C(1) << l2_span_bits(h);
        }
    }
    return 0;
}

/* ---- L2 ---- */

/* The descriptor of a compressed cluster: the host offset in the lower x bits, above it the number
 * of further 512-byte sectors, which count from the one that the offset lies in. */
static int decode_compressed(const struct qcow2_header *h, uint64_t entry, struct qcow2_run *run,
                             struct fault *f)
{
    unsigned x = 62 - (h->cluster_bits - 8);
    uint64_t offset = entry & ((UINT64_C(1) << x) - 1);
    uint64_t sectors = ((entry & (L2_COMPRESSED - 1)) >> x) + 1;
    uint64_t bytes = sectors * COMPRESSED_SECTOR - offset % COMPRESSED_SECTOR;

    if (offset >= h->file_size)
        return fault_set(f, FAULT_DAMAGED,
                         "the compressed cluster of guest offset 0x%llx lies at 0x%llx, past the "
                         "end of the file (%llu bytes)",
                         ull(run->start), ull(offset), ull(h->file_size));
    if (offset < h->cluster_size)
        return fault_set(f, FAULT_DAMAGED,
                         "the compressed cluster of guest offset 0x%llx lies over the header "
                         "(at 0x%llx)",
                         ull(run->start), ull(offset));
    run->kind = QCOW2_COMPRESSED;
    run->host_offset = offset;
    /* The last sector is counted whole, but the file need not have all of it. */
    run->packed_max = (uint32_t)min_u64(bytes, h->file_size - offset);
    return 0;
}

static int check_data(const struct qcow2_header *h, uint64_t entry, const struct qcow2_run *run,
                      struct fault *f)
{
    uint64_t offset = entry & L2_OFFSET_MASK;

    if (offset % h->cluster_size != 0)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies at 0x%llx, which is not "
                         "cluster-aligned",
                         ull(run->start), ull(offset));
    if (run->kind != QCOW2_DATA)
        return 0;
    if (offset >= h->file_size)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies at 0x%llx, past the end of the "
                         "file (%llu bytes)",
                         ull(run->start), ull(offset), ull(h->file_size));
    if (is_over_metadata(h, offset))
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies over the header or the L1 table "
                         "(at 0x%llx)",
                         ull(run->start), ull(offset));
    return 0;
}

/* An L2 entry as a run of the one cluster at `start` in the guest disk. */
static int decode_entry(const struct qcow2_header *h, uint64_t start, uint64_t entry,
                        struct qcow2_run *run, struct fault *f)
{
    uint64_t offset = entry & L2_OFFSET_MASK;

    *run = (struct qcow2_run){.start = start, .length = h->cluster_size};
    if (entry & L2_COMPRESSED)
        return decode_compressed(h, entry, run, f);
    if ((entry & L2_RESERVED_MASK) || ((entry & L2_ZERO) && h->version < 3))
        return fault_set(f, FAULT_DAMAGED,
                         "the L2 entry of guest offset 0x%llx has reserved bits set: 0x%016llx",
                         ull(start), ull(entry));
    if (entry & L2_ZERO)
        run->kind = QCOW2_ZERO; /* it may have a cluster, which is not read */
    else if (offset != 0 || (entry & ENTRY_COPIED))
        run->kind = QCOW2_DATA; /* offset 0 is then over the header: it is for data files only */
    run->host_offset = run->kind == QCOW2_DATA ? offset : 0;
    return check_data(h, entry, run, f);
}

/* Does `next` go on where the run ends, in the file too? */
static bool follows(const struct qcow2_run *run, const struct qcow2_run *next)
{
    if (next->kind != run->kind || run->kind == QCOW2_COMPRESSED)
        return false;
    return run->kind != QCOW2_DATA || next->host_offset == run->host_offset + run->length;
}

/* The run that starts with entry `index` of an L2 table, over at most `count` clusters of it.  A
 * damaged entry behind the first ends it, and is told of when it is asked for. */
static int find_in_l2(const struct qcow2_table *t, uint64_t table, uint64_t index, uint64_t count,
                      struct qcow2_run *run, struct fault *f)
{
    const struct qcow2_header *h = t->header;
    uint64_t entries[BATCH];
    uint64_t n;

    for (uint64_t done = 0; done < count; done += n) {
        n = min_u64(BATCH, count - done);
        if (read_entries(t, table, index + done, n, entries, f) < 0)
            return f->code;
        for (uint64_t i = 0; i < n; i++) {
            struct qcow2_run next;
            int code = decode_entry(h, run->start + run->length, entries[i], &next, f);

            if (done + i == 0 && code < 0)
                return code;
            if (done + i == 0)
                *run = next;
            else if (code < 0 || !follows(run, &next))
                return 0;
            else
                run->length += h->cluster_size;
        }
    }
    return 0;
}

static int find_anew(const struct qcow2_table *t, uint64_t offset, uint64_t length,
                     struct qcow2_run *run, struct fault *f)
{
    const struct qcow2_header *h = t->header;
    unsigned span_bits = l2_span_bits(h);
    uint64_t l1_index = offset >> span_bits;
    uint64_t start = offset & ~(h->cluster_size - 1);
    uint64_t span_end = (l1_index + 1) << span_bits; /* size is at most 2^61: see check_l1 */
    uint64_t l1_entry = 0;
    uint64_t clusters;

    if (read_entries(t, h->l1_table_offset, l1_index, 1, &l1_entry, f) < 0)
        return f->code;
    *run = (struct qcow2_run){.kind = QCOW2_UNALLOCATED, .start = start};
    if ((l1_entry & L1_OFFSET_MASK) == 0) {
        run->length = span_end - start;
        return extend_over_l1(t, l1_index + 1, offset + length, run, f);
    }
    clusters = div_round_up(min_u64(offset + length, span_end) - start, h->cluster_size);
    return find_in_l2(t, l1_entry & L1_OFFSET_MASK,
                      (start >> h->cluster_bits) & ((h->cluster_size >> 3) - 1), clusters, run, f);
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
