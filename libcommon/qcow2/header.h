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
#define QCOW2_INCOMPAT_COMPRESSION (UINT64_C(1) << 3)

enum qcow2_compression { QCOW2_COMPRESSION_ZLIB = 0, QCOW2_COMPRESSION_ZSTD = 1 };

enum { QCOW2_BACKING_NAME_MAX = 1023, QCOW2_BACKING_FORMAT_MAX = 15 };

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
    uint64_t incompatible_features;
    uint32_t refcount_order;
    uint32_t header_length;
    uint8_t compression_type;

    /* What follows from these. */
    uint64_t file_size;    /* of the image file, bytes */
    uint64_t cluster_size; /* bytes */
    uint32_t l1_used;      /* entries that the guest disk needs; at most l1_size */
    uint64_t header_end;   /* where extensions and the backing file's name must end */

    char backing_file[QCOW2_BACKING_NAME_MAX + 1];     /* empty: none */
    char backing_format[QCOW2_BACKING_FORMAT_MAX + 1]; /* empty: not declared */
};

/*
 * Read the header of an image of file_size bytes through a reader over it.  FAULT_UNSUPPORTED for
 * what is not read (a version, encryption, incompatible features: named), FAULT_DAMAGED for what
 * the specification does not allow.  The L1 table is known to lie within the file.
 */
int qcow2_header_read(struct reader *r, uint64_t file_size, struct qcow2_header *h,
                      struct fault *f);

#endif
