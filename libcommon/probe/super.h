/* SPDX-License-Identifier: MIT */
/* The bytes of a superblock that is to be checked. */
#ifndef PROBE_SUPER_H
#define PROBE_SUPER_H

#include <stdbool.h>
#include <stdint.h>

/* A device's smallest unit: whatever has fields that are checked is at least as long. */
enum { PROBE_SUPER_BYTES = 512 };

struct probe_super {
    uint64_t offset;      /* on the device, bytes */
    const uint8_t *bytes; /* PROBE_SUPER_BYTES */
};

/*
 * The checks of container.h, boot.h, ext.h and filesystem.h are asked of a superblock that has its
 * magic number, and make accidents improbable: fields that cannot have other values, sizes that
 * must be powers of two, a place that is noted in the superblock itself.
 */

#endif
