/* SPDX-License-Identifier: MIT */
/* The header of a qcow2 image, decoded and checked. */
#ifndef QCOW2_HEADER_H
#define QCOW2_HEADER_H

#include <stdint.h>

#include "base/fault.h"
#include "io/reader.h"

#define QCOW2_MAGIC UINT32_C(0x514649fb) /* "QFI\xfb" */

/* Bits of incompatible_features. */
#define QCOW2_INCOMPAT_DIRTY       (UINT64_C(1) << 0)
#define QCOW2_INCOMPAT_CORRUPT     (UINT64_C(1) << 1)
#define QCOW2_INCOMPAT_DATA_FILE   (UINT64_C(1) << 2)
#define QCOW2_INCOMPAT_COMPRESSION (UINT64_C(1) << 3)
#define QCOW2_INCOMPAT_EXTENDED_L2 (UINT64_C(1) << 4)

/* A bit of autoclear_features: the data file alone is the guest disk, byte for byte. */
#define QCOW2_AUTOCLEAR_RAW_DATA (UINT64_C(1) << 1)

enum qcow2_compression { QCOW2_COMPRESSION_ZLIB = 0, QCOW2_COMPRESSION_ZSTD = 1 };

/* Longest names, in bytes; the specification sets no limit for data files, so QEMU's for backing
 * files it is. */
enum { QCOW2_BACKING_NAME_MAX = 1023, QCOW2_BACKING_FORMAT_MAX = 15, QCOW2_DATA_NAME_MAX = 1023 };

/* What QEMU allows, and the fixed part of each entry of their table. */
enum { QCOW2_SNAPSHOTS_MAX = 65536, QCOW2_SNAPSHOT_HEAD_BYTES = 40 };

/* A table of the image file: where, and how many bytes. */
struct qcow2_region {
    uint64_t offset;
    uint64_t length;
};

/* Plain data; the fields are named as in the specification.  Whoever holds one may trust it. */
struct qcow2_header {
    uint32_t version;
    uint64_t backing_file_offset;
    uint32_t backing_file_size;
    uint32_t cluster_bits;
    uint64_t size; /* of the guest disk, bytes */
    uint32_t crypt_method;
    uint32_t l1_size; /* entries */
    uint64_t l1_table_offset;
    uint64_t refcount_table_offset;
    uint32_t refcount_table_clusters;
    uint32_t nb_snapshots;
    uint64_t snapshots_offset;
    uint64_t incompatible_features;
    uint64_t compatible_features;
    uint64_t autoclear_features;
    uint32_t refcount_order;
    uint32_t header_length;
    uint8_t compression_type;

    /* What follows from these. */
    uint64_t file_size;       /* of the image file, bytes */
    uint64_t cluster_size;    /* bytes */
    uint32_t subclusters;     /* of a cluster: 32 with extended L2 entries, else 1 */
    uint64_t subcluster_size; /* bytes */
    uint32_t l2_entry_bytes;
    unsigned l2_span_bits; /* an L2 table maps this many bytes of the guest disk, as a power of 2 */
    uint64_t active_size;  /* size as the header has it, also after qcow2_header_use_l1 */
    uint32_t l1_used;      /* entries that the guest disk needs; at most l1_size */
    struct qcow2_region active_l1; /* the L1 table as the header has it, likewise */
    struct qcow2_region snapshots; /* the least of the snapshot table; length 0: none, or damaged */
    uint64_t header_end;           /* where extensions and the backing file's name must end */
    struct qcow2_region feature_names; /* the feature name table; length 0: none */

    char backing_file[QCOW2_BACKING_NAME_MAX + 1];     /* empty: none */
    char backing_format[QCOW2_BACKING_FORMAT_MAX + 1]; /* empty: not declared */
    char data_file[QCOW2_DATA_NAME_MAX + 1];           /* empty: none, or not named */
};

/*
 * Read the header of an image of file_size bytes through a reader over it.  FAULT_UNSUPPORTED for
 * what is not read (a version, encryption, incompatible features: named), FAULT_DAMAGED for what
 * the specification does not allow.  The L1 table is known to lie within the file.
 */
int qcow2_header_read(struct reader *r, uint64_t file_size, struct qcow2_header *h,
                      struct fault *f);

/* Check an L1 table of the image that is not the header's, a snapshot's, and put it and the disk of
 * `size` bytes that it maps in the place of the header's. */
int qcow2_header_use_l1(struct qcow2_header *h, uint64_t size, uint64_t l1_table_offset,
                        uint32_t l1_size, struct fault *f);

/* What of the image's metadata lies over a range of its file, in words, or NULL: the header, the L1
 * table, the refcount table, the active L1 table (if a snapshot's is used) or the snapshot table.
 */
const char *qcow2_header_overlap(const struct qcow2_header *h, uint64_t offset, uint64_t length);

/* The same for the snapshot table itself: what else lies over it. */
const char *qcow2_header_overlap_snapshots(const struct qcow2_header *h, uint64_t offset,
                                           uint64_t length);

#endif
