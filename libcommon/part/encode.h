/* SPDX-License-Identifier: MIT */
/* Partition tables as they are to stand on a disk. */
#ifndef PART_ENCODE_H
#define PART_ENCODE_H

#include "base/fault.h"
#include "part/plan.h"

/* One more piece of zeros, to be filled in; valid until the pieces are freed. */
int part_pieces_add(struct part_pieces *p, uint64_t offset, size_t length, uint8_t **bytes,
                    struct fault *f);

/* The pieces of a plan that is laid out and identified, sector 0 first.  Its boot code and
 * disk signature are not yet there. */
int gpt_encode(const struct part_plan *p, struct part_pieces *out, struct fault *f);
int mbr_encode(const struct part_plan *p, struct part_pieces *out, struct fault *f);

/* Entry i (from 0) of a boot record, in sector `base`: absolute sectors in C/H/S, those of the
 * entry count from `origin`. */
struct mbr_record {
    uint8_t boot_indicator;
    uint8_t os_type;
    uint64_t origin, start, size; /* sectors; the first two from the start of the disk */
};
void mbr_put_record(uint8_t *sector, unsigned i, const struct mbr_record *r);

/* 0xaa55, which ends every boot record. */
void mbr_sign(uint8_t *sector);

#endif
