/* SPDX-License-Identifier: MIT */
/* The header of a qcow2 image, decoded and checked. */
#include "qcow2/header.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/text.h"
#include "qcow2/extension.h"

enum {
    V2_HEADER_BYTES = 72,
    V3_HEADER_BYTES = 104,   /* the least that header_length may say */
    READ_HEADER_BYTES = 112, /* with compression_type and its padding */
    MIN_CLUSTER_BITS = 9,
    MAX_CLUSTER_BITS = 21,
    MAX_REFCOUNT_ORDER = 6,
    SUBCLUSTERS = 32,                  /* of a cluster, with extended L2 entries */
    MIN_EXTENDED_CLUSTER_BITS = 9 + 5, /* a subcluster has a sector at least */
    L2_ENTRY_BYTES = 8,
    L2_EXTENDED_ENTRY_BYTES = 16,
    MAX_L1_BYTES = 32 << 20, /* what QEMU allows */
    L1_ENTRY_BYTES = 8,
};

/* ---- read and decode ---- */

static void decode_v2(const uint8_t *p, struct qcow2_header *h)
{
    h->version = be32_at(p + 4);
    h->backing_file_offset = be64_at(p + 8);
    h->backing_file_size = be32_at(p + 16);
    h->cluster_bits = be32_at(p + 20);
    h->size = be64_at(p + 24);
    h->active_size = h->size;
    h->crypt_method = be32_at(p + 32);
    h->l1_size = be32_at(p + 36);
    h->l1_table_offset = be64_at(p + 40);
    h->refcount_table_offset = be64_at(p + 48);
    h->refcount_table_clusters = be32_at(p + 56);
    h->nb_snapshots = be32_at(p + 60);
    h->snapshots_offset = be64_at(p + 64);
    /* What version 2 does not say, as the specification fills it in. */
    h->refcount_order = 4;
    h->header_length = V2_HEADER_BYTES;
}

static void decode_v3(const uint8_t *p, struct qcow2_header *h)
{
    h->incompatible_features = be64_at(p + 72);
    h->compatible_features = be64_at(p + 80);
    h->autoclear_features = be64_at(p + 88);
    h->refcount_order = be32_at(p + 96);
    h->header_length = be32_at(p + 100);
    if (h->header_length > V3_HEADER_BYTES)
        h->compression_type = p[104];
}

/* The first `need` bytes of the file, up to READ_HEADER_BYTES if it has them. */
static int read_start(struct reader *r, const struct qcow2_header *h, uint64_t need, uint8_t *p,
                      struct fault *f)
{
    if (h->file_size < need)
        return fault_set(f, FAULT_DAMAGED,
                         "the file ends at %llu, within the qcow2 header (%llu bytes)",
                         ull(h->file_size), ull(need));
    return reader_read(r, 0, p, min_u64(h->file_size, READ_HEADER_BYTES), f);
}

static int read_fields(struct reader *r, struct qcow2_header *h, struct fault *f)
{
    uint8_t p[READ_HEADER_BYTES] = {0};

    if (read_start(r, h, V2_HEADER_BYTES, p, f) < 0)
        return f->code;
    if (be32_at(p) != QCOW2_MAGIC)
        return fault_set(f, FAULT_DAMAGED,
                         "not a qcow2 image: it starts with 0x%08x, not with 0x%08x", be32_at(p),
                         QCOW2_MAGIC);
    decode_v2(p, h);
    if (h->version != 2 && h->version != 3)
        return fault_set(f, FAULT_UNSUPPORTED, "qcow version %u is not supported (2 and 3 are)",
                         h->version);
    if (h->version == 2)
        return 0;
    if (read_start(r, h, V3_HEADER_BYTES, p, f) < 0)
        return f->code;
    decode_v3(p, h);
    return 0;
}

/* ---- check ---- */

static int check_clusters(struct qcow2_header *h, struct fault *f)
{
    if (h->cluster_bits < MIN_CLUSTER_BITS || h->cluster_bits > MAX_CLUSTER_BITS)
        return fault_set(f, FAULT_DAMAGED, "cluster_bits is %u, outside %d to %d", h->cluster_bits,
                         MIN_CLUSTER_BITS, MAX_CLUSTER_BITS);
    h->cluster_size = UINT64_C(1) << h->cluster_bits;
    return 0;
}

/* "The cluster size must be at least 16 KB (cluster_bits >= 14)" for extended L2 entries. */
static int check_subclusters(struct qcow2_header *h, struct fault *f)
{
    bool extended = h->incompatible_features & QCOW2_INCOMPAT_EXTENDED_L2;

    if (extended && h->cluster_bits < MIN_EXTENDED_CLUSTER_BITS)
        return fault_set(f, FAULT_DAMAGED,
                         "cluster_bits is %u, less than the %d that extended L2 entries need",
                         h->cluster_bits, MIN_EXTENDED_CLUSTER_BITS);
    h->subclusters = extended ? SUBCLUSTERS : 1;
    h->subcluster_size = h->cluster_size / h->subclusters;
    h->l2_entry_bytes = extended ? L2_EXTENDED_ENTRY_BYTES : L2_ENTRY_BYTES;
    h->l2_span_bits = 2 * h->cluster_bits - (extended ? 4 : 3);
    return 0;
}

/* "Must be at least 104 ... and a multiple of 8", and the header lies within the first cluster. */
static int check_length(const struct qcow2_header *h, struct fault *f)
{
    uint32_t least = h->version == 2 ? V2_HEADER_BYTES : V3_HEADER_BYTES;

    if (h->header_length < least || h->header_length % 8 != 0)
        return fault_set(f, FAULT_DAMAGED,
                         "header_length is %u, not a multiple of 8 that is %u or more",
                         h->header_length, least);
    if (h->header_length > min_u64(h->cluster_size, h->file_size))
        return fault_set(f, FAULT_DAMAGED,
                         "header_length is %u, more than the first cluster (%llu bytes)",
                         h->header_length, ull(min_u64(h->cluster_size, h->file_size)));
    return 0;
}

static int check_refcounts(const struct qcow2_header *h, struct fault *f)
{
    if (h->refcount_order > MAX_REFCOUNT_ORDER)
        return fault_set(f, FAULT_DAMAGED, "refcount_order is %u, more than %d", h->refcount_order,
                         MAX_REFCOUNT_ORDER);
    if (h->refcount_table_offset % h->cluster_size != 0)
        return fault_set(f, FAULT_DAMAGED, "refcount table offset 0x%llx is not cluster-aligned",
                         ull(h->refcount_table_offset));
    return 0;
}

static int check_encryption(const struct qcow2_header *h, struct fault *f)
{
    static const char *const names[] = {"none", "AES", "LUKS"};

    if (h->crypt_method == 0)
        return 0;
    return fault_set(f, FAULT_UNSUPPORTED, "%s encryption is not supported (crypt_method %u)",
                     h->crypt_method < 3 ? names[h->crypt_method] : "an unknown", h->crypt_method);
}

/* "If the incompatible bit is set, this field must be present and non-zero", and if not, zero. */
static int check_compression(const struct qcow2_header *h, struct fault *f)
{
    bool flagged = h->incompatible_features & QCOW2_INCOMPAT_COMPRESSION;

    if (flagged != (h->compression_type != QCOW2_COMPRESSION_ZLIB))
        return fault_set(f, FAULT_DAMAGED,
                         "compression_type is %u, but its incompatible feature bit is %s",
                         h->compression_type, flagged ? "set" : "not set");
    if (h->compression_type > QCOW2_COMPRESSION_ZSTD)
        return fault_set(f, FAULT_UNSUPPORTED, "compression type %u is not supported",
                         h->compression_type);
    return 0;
}

static bool overlaps(uint64_t offset, uint64_t length, uint64_t start, uint64_t size)
{
    return length != 0 && size != 0 &&
           (offset <= start ? start - offset < length : offset - start < size);
}

static uint64_t l1_bytes(const struct qcow2_header *h)
{
    return (uint64_t)h->l1_size * L1_ENTRY_BYTES;
}

static uint64_t refcount_table_bytes(const struct qcow2_header *h)
{
    return h->refcount_table_clusters * h->cluster_size;
}

static bool overlaps_region(uint64_t offset, uint64_t length, const struct qcow2_region *region)
{
    return overlaps(offset, length, region->offset, region->length);
}

const char *qcow2_header_overlap_snapshots(const struct qcow2_header *h, uint64_t offset,
                                           uint64_t length)
{
    if (overlaps(offset, length, 0, h->cluster_size) ||
        overlaps(offset, length, h->l1_table_offset, l1_bytes(h)))
        return "the header or the L1 table";
    if (overlaps(offset, length, h->refcount_table_offset, refcount_table_bytes(h)))
        return "the refcount table";
    if (overlaps_region(offset, length, &h->active_l1))
        return "the active L1 table";
    return NULL;
}

const char *qcow2_header_overlap(const struct qcow2_header *h, uint64_t offset, uint64_t length)
{
    const char *under = qcow2_header_overlap_snapshots(h, offset, length);

    if (under)
        return under;
    return overlaps_region(offset, length, &h->snapshots) ? "the snapshot table" : NULL;
}

/* It is not read, but nothing may lie over it. */
static int check_refcount_table(const struct qcow2_header *h, struct fault *f)
{
    if (!range_within(h->refcount_table_offset, refcount_table_bytes(h), h->file_size))
        return fault_set(f, FAULT_DAMAGED,
                         "refcount table of %llu bytes at 0x%llx passes the end of the file "
                         "(%llu bytes)",
                         ull(refcount_table_bytes(h)), ull(h->refcount_table_offset),
                         ull(h->file_size));
    if (h->refcount_table_clusters > 0 && h->refcount_table_offset == 0)
        return fault_set(f, FAULT_DAMAGED, "the refcount table lies over the header (offset 0)");
    return 0;
}

static int check_l1_size(struct qcow2_header *h, struct fault *f)
{
    uint64_t used = div_round_up(h->size, UINT64_C(1) << h->l2_span_bits);

    if (l1_bytes(h) > MAX_L1_BYTES)
        return fault_set(f, FAULT_DAMAGED, "the L1 table has %u entries, more than %d", h->l1_size,
                         MAX_L1_BYTES / L1_ENTRY_BYTES);
    if (h->l1_size < used)
        return fault_set(f, FAULT_DAMAGED,
                         "the L1 table has %u entries, but a disk of %llu bytes needs %llu",
                         h->l1_size, ull(h->size), ull(used));
    h->l1_used = (uint32_t)used;
    return 0;
}

static int check_l1(struct qcow2_header *h, struct fault *f)
{
    if (check_l1_size(h, f) < 0)
        return f->code;
    if (h->l1_size == 0)
        return 0;
    if (h->l1_table_offset % h->cluster_size != 0)
        return fault_set(f, FAULT_DAMAGED, "L1 table offset 0x%llx is not cluster-aligned",
                         ull(h->l1_table_offset));
    if (h->l1_table_offset == 0)
        return fault_set(f, FAULT_DAMAGED, "the L1 table lies over the header (offset 0)");
    if (!range_within(h->l1_table_offset, l1_bytes(h), h->file_size))
        return fault_set(f, FAULT_DAMAGED,
                         "L1 table of %llu bytes at 0x%llx passes the end of the file (%llu bytes)",
                         ull(l1_bytes(h)), ull(h->l1_table_offset), ull(h->file_size));
    return 0;
}

static int check_overlap(const struct qcow2_header *h, struct fault *f)
{
    if (overlaps(h->l1_table_offset, l1_bytes(h), h->refcount_table_offset,
                 refcount_table_bytes(h)))
        return fault_set(f, FAULT_DAMAGED,
                         "the L1 table at 0x%llx lies over the refcount table at 0x%llx",
                         ull(h->l1_table_offset), ull(h->refcount_table_offset));
    if (overlaps_region(h->l1_table_offset, l1_bytes(h), &h->active_l1))
        return fault_set(f, FAULT_DAMAGED,
                         "the L1 table at 0x%llx lies over the active one at 0x%llx",
                         ull(h->l1_table_offset), ull(h->active_l1.offset));
    if (overlaps_region(h->l1_table_offset, l1_bytes(h), &h->snapshots))
        return fault_set(f, FAULT_DAMAGED,
                         "the L1 table at 0x%llx lies over the snapshot table at 0x%llx",
                         ull(h->l1_table_offset), ull(h->snapshots.offset));
    return 0;
}

/* Where nothing else may lie.  A snapshot table that cannot be is no obstacle to the disk as it is
 * now: who reads the table is told. */
static void keep_regions(struct qcow2_header *h)
{
    uint64_t least = (uint64_t)h->nb_snapshots * QCOW2_SNAPSHOT_HEAD_BYTES;

    h->active_l1 = (struct qcow2_region){.offset = h->l1_table_offset, .length = l1_bytes(h)};
    if (h->nb_snapshots <= QCOW2_SNAPSHOTS_MAX && h->snapshots_offset % h->cluster_size == 0 &&
        range_within(h->snapshots_offset, least, h->file_size) &&
        !qcow2_header_overlap_snapshots(h, h->snapshots_offset, least))
        h->snapshots = (struct qcow2_region){.offset = h->snapshots_offset, .length = least};
}

int qcow2_header_use_l1(struct qcow2_header *h, uint64_t size, uint64_t l1_table_offset,
                        uint32_t l1_size, struct fault *f)
{
    h->size = size;
    h->l1_table_offset = l1_table_offset;
    h->l1_size = l1_size;
    return check_l1(h, f) < 0 ? f->code : check_overlap(h, f);
}

/* ---- the backing file's name ---- */

/* "Length of the backing file name in bytes. Must not be longer than 1023 bytes", and it lies
 * behind the header in the first cluster. */
static int check_backing(struct qcow2_header *h, struct fault *f)
{
    h->header_end = min_u64(h->cluster_size, h->file_size);
    if (h->backing_file_offset == 0)
        return 0;
    if (h->backing_file_size > QCOW2_BACKING_NAME_MAX)
        return fault_set(f, FAULT_DAMAGED, "the backing file name has %u bytes, more than %d",
                         h->backing_file_size, QCOW2_BACKING_NAME_MAX);
    if (h->backing_file_offset < h->header_length ||
        !range_within(h->backing_file_offset, h->backing_file_size, h->header_end))
        return fault_set(f, FAULT_DAMAGED,
                         "the backing file name (%u bytes at %llu) lies outside the %llu bytes "
                         "behind the header",
                         h->backing_file_size, ull(h->backing_file_offset),
                         ull(h->header_end - h->header_length));
    h->header_end = h->backing_file_offset; /* extensions end before it */
    return 0;
}

static int read_backing(struct reader *r, struct qcow2_header *h, struct fault *f)
{
    size_t n = h->backing_file_offset ? h->backing_file_size : 0;

    if (n > 0 && reader_read(r, h->backing_file_offset, h->backing_file, n, f) < 0)
        return f->code;
    if (strlen(h->backing_file) != n)
        return fault_set(f, FAULT_DAMAGED, "the backing file name has a NUL at byte %zu of %zu",
                         strlen(h->backing_file), n);
    return 0;
}

int qcow2_header_read(struct reader *r, uint64_t file_size, struct qcow2_header *h, struct fault *f)
{
    *h = (struct qcow2_header){.file_size = file_size};
    /* Features come before what they could change the meaning of. */
    if (read_fields(r, h, f) < 0 || check_clusters(h, f) < 0 || check_length(h, f) < 0 ||
        check_backing(h, f) < 0 || qcow2_extensions_read(r, h, f) < 0 ||
        check_encryption(h, f) < 0 || check_compression(h, f) < 0 || check_subclusters(h, f) < 0 ||
        check_refcounts(h, f) < 0 || check_l1(h, f) < 0 || check_refcount_table(h, f) < 0 ||
        check_overlap(h, f) < 0 || read_backing(r, h, f) < 0)
        return f->code;
    keep_regions(h);
    return 0;
}
