/* SPDX-License-Identifier: MIT */
/* The entries of L2 tables: what they say of a cluster, and of its subclusters. */
#include "qcow2/entry.h"

#include "base/checked.h"

/* Bits of an entry. */
#define OFFSET_MASK       UINT64_C(0x00fffffffffffe00) /* bits 9 to 55 */
#define RESERVED_MASK     UINT64_C(0x3f000000000001fe)
#define ENTRY_ZERO        (UINT64_C(1) << 0) /* version 3, and no extended entries */
#define ENTRY_COPIED      (UINT64_C(1) << 63)
#define ENTRY_COMPRESSED  (UINT64_C(1) << 62)
#define COMPRESSED_SECTOR 512

/* ---- compressed clusters ---- */

/* The descriptor of a compressed cluster: the host offset in the lower x bits, above it the number
 * of further 512-byte sectors, which count from the one that the offset lies in. */
static int decode_compressed(const struct qcow2_header *h, const struct qcow2_entry *e,
                             struct qcow2_run *run, struct fault *f)
{
    unsigned x = 62 - (h->cluster_bits - 8);
    uint64_t offset = e->descriptor & ((UINT64_C(1) << x) - 1);
    uint64_t sectors = ((e->descriptor & (ENTRY_COMPRESSED - 1)) >> x) + 1;
    uint64_t bytes = sectors * COMPRESSED_SECTOR - offset % COMPRESSED_SECTOR;
    const char *under;

    if ((e->descriptor & ENTRY_COPIED) || e->bitmap != 0)
        return fault_set(f, FAULT_DAMAGED,
                         "the L2 entry of guest offset 0x%llx is compressed, and has bits set that "
                         "must not be: 0x%016llx, bitmap 0x%016llx",
                         ull(run->start), ull(e->descriptor), ull(e->bitmap));
    if (offset >= h->file_size)
        return fault_set(f, FAULT_DAMAGED,
                         "the compressed cluster of guest offset 0x%llx lies at 0x%llx, past the "
                         "end of the file (%llu bytes)",
                         ull(run->start), ull(offset), ull(h->file_size));
    /* The last sector is counted whole, but the file need not have all of it. */
    if (bytes > div_round_up(h->file_size, COMPRESSED_SECTOR) * COMPRESSED_SECTOR - offset)
        return fault_set(f, FAULT_DAMAGED,
                         "the compressed cluster of guest offset 0x%llx, %llu bytes at 0x%llx, "
                         "passes the end of the file (%llu bytes)",
                         ull(run->start), ull(bytes), ull(offset), ull(h->file_size));
    under = qcow2_header_overlap(h, offset, bytes);
    if (under)
        return fault_set(f, FAULT_DAMAGED,
                         "the compressed cluster of guest offset 0x%llx, %llu bytes at 0x%llx, "
                         "lies over %s",
                         ull(run->start), ull(bytes), ull(offset), under);
    run->kind = QCOW2_COMPRESSED;
    run->allocated = true;
    run->length = h->cluster_size;
    run->host_offset = offset;
    run->packed_max = (uint32_t)min_u64(bytes, h->file_size - offset);
    return 0;
}

/* ---- other clusters ---- */

static int check_reserved(const struct qcow2_header *h, const struct qcow2_entry *e, uint64_t start,
                          struct fault *f)
{
    bool zero_is_reserved = h->version < 3 || h->subclusters > 1;

    if ((e->descriptor & RESERVED_MASK) || ((e->descriptor & ENTRY_ZERO) && zero_is_reserved))
        return fault_set(f, FAULT_DAMAGED,
                         "the L2 entry of guest offset 0x%llx has reserved bits set: 0x%016llx",
                         ull(start), ull(e->descriptor));
    if ((e->descriptor & OFFSET_MASK) % h->cluster_size != 0)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies at 0x%llx, which is not "
                         "cluster-aligned",
                         ull(start), ull(e->descriptor & OFFSET_MASK));
    return 0;
}

/* Where the bytes are that an entry maps must be bytes, and no metadata. */
static int check_data(const struct qcow2_header *h, const struct qcow2_data *data, uint64_t start,
                      uint64_t offset, struct fault *f)
{
    const char *what = data->external ? "data file" : "file";
    const char *under = data->external ? NULL : qcow2_header_overlap(h, offset, h->cluster_size);

    if (offset >= data->size)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies at 0x%llx, past the end of the "
                         "%s (%llu bytes)",
                         ull(start), ull(offset), what, ull(data->size));
    if (under)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies over %s (at 0x%llx)", ull(start),
                         under, ull(offset));
    /* "Raw external data: the data file can be read as a consistent standalone raw image." */
    if (data->external && (h->autoclear_features & QCOW2_AUTOCLEAR_RAW_DATA) && offset != start)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies at 0x%llx of a data file that is "
                         "raw",
                         ull(start), ull(offset));
    return 0;
}

/* In the image, offset 0 is the header and means that there is no cluster.  In a data file it is as
 * good as any: then the flag tells that there is one. */
static bool is_allocated(const struct qcow2_data *data, const struct qcow2_entry *e)
{
    return (e->descriptor & OFFSET_MASK) || (data->external && (e->descriptor & ENTRY_COPIED));
}

/* "Subclusters: bits 0 to 31 allocated, bits 32 to 63 read as zeros; not both, and none is
 * allocated if the cluster is not." */
static int check_bitmap(const struct qcow2_data *data, const struct qcow2_entry *e, uint64_t start,
                        struct fault *f)
{
    uint32_t allocated = (uint32_t)e->bitmap;
    uint32_t zero = (uint32_t)(e->bitmap >> 32);

    if (allocated & zero)
        return fault_set(f, FAULT_DAMAGED,
                         "the subclusters of guest offset 0x%llx are both data and zeros: bitmap "
                         "0x%016llx",
                         ull(start), ull(e->bitmap));
    if (allocated && !is_allocated(data, e))
        return fault_set(f, FAULT_DAMAGED,
                         "the subclusters of guest offset 0x%llx have data, but no cluster: bitmap "
                         "0x%016llx",
                         ull(start), ull(e->bitmap));
    return 0;
}

static enum qcow2_kind kind_of_subcluster(const struct qcow2_header *h,
                                          const struct qcow2_data *data,
                                          const struct qcow2_entry *e, unsigned number)
{
    if (h->subclusters == 1)
        return e->descriptor & ENTRY_ZERO ? QCOW2_ZERO
               : is_allocated(data, e)    ? QCOW2_DATA
                                          : QCOW2_UNALLOCATED;
    return e->bitmap >> (number + 32) & 1 ? QCOW2_ZERO
           : e->bitmap >> number & 1      ? QCOW2_DATA
                                          : QCOW2_UNALLOCATED;
}

int qcow2_entry_decode(const struct qcow2_header *h, const struct qcow2_data *data,
                       const struct qcow2_entry *e, uint64_t start, unsigned first,
                       struct qcow2_run *run, struct fault *f)
{
    unsigned end = first + 1;

    *run = (struct qcow2_run){.start = start};
    if ((e->descriptor & ENTRY_COMPRESSED) && data->external)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx is compressed, which it cannot be in "
                         "a data file",
                         ull(start));
    if (e->descriptor & ENTRY_COMPRESSED)
        return decode_compressed(h, e, run, f);
    if (check_reserved(h, e, start, f) < 0 || check_bitmap(data, e, start, f) < 0)
        return f->code;
    run->kind = kind_of_subcluster(h, data, e, first);
    while (end < h->subclusters && kind_of_subcluster(h, data, e, end) == run->kind)
        end++;
    /* Of clusters without subclusters, one that reads as zeros has no need of the flag. */
    run->allocated = run->kind == QCOW2_ZERO && h->subclusters == 1
                         ? (e->descriptor & OFFSET_MASK) != 0
                         : is_allocated(data, e);
    /* Also if the cluster is not read: an entry is right as a whole, or it is damaged. */
    if (run->allocated && check_data(h, data, start, e->descriptor & OFFSET_MASK, f) < 0)
        return f->code;
    run->start = start + first * h->subcluster_size;
    run->length = (end - first) * h->subcluster_size;
    run->host_offset = (e->descriptor & OFFSET_MASK) + first * h->subcluster_size;
    return 0;
}
