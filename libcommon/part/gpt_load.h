/* SPDX-License-Identifier: MIT */
/* One GPT, primary or backup: its header and its array of entries, read and verified. */
#ifndef PART_GPT_LOAD_H
#define PART_GPT_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "part/guid.h"
#include "part/table.h"

/* The largest array of entries that is read: 256 times what is usual, and what Linux takes. */
enum { GPT_ARRAY_MAX = 4 << 20 };

/* The GPT header (UEFI 2.10, table 5-5), checked. */
struct gpt_header {
    uint64_t alternate_lba;
    uint64_t first_usable_lba;
    uint64_t last_usable_lba;
    struct guid disk_guid;
    uint64_t partition_entry_lba;
    uint32_t number_of_partition_entries;
    uint32_t size_of_partition_entry;
    uint32_t partition_entry_array_crc32;
};

struct gpt {
    uint32_t sector_size;     /* bytes */
    uint64_t alternate_claim; /* AlternateLBA behind a signature, whatever else is wrong; 0: none */
    struct gpt_header header;
    uint8_t *array; /* number times size of the entries, bytes; owned */
};

/* Does a header's signature stand at this sector?  A disk that ends before has none. */
int gpt_has_signature(const struct part_input *in, uint32_t sector_size, uint64_t lba, bool *has,
                      struct fault *f);

/*
 * Read the header at a sector and its array, and verify both.  FAULT_DAMAGED says what is wrong;
 * out->array is then NULL.
 */
int gpt_load(const struct part_input *in, uint32_t sector_size, uint64_t lba, struct gpt *out,
             struct fault *f);

/* Free what it owns; it may be all zero. */
void gpt_unload(struct gpt *g);

#endif
