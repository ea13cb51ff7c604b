/* SPDX-License-Identifier: MIT */
/* One GPT, primary or backup: its header and its array of entries, read and verified. */
#include "part/gpt_load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"
#include "part/gpt_format.h"

enum { SECTOR_MAX = 4096 };

int gpt_has_signature(const struct part_input *in, uint32_t sector_size, uint64_t lba, bool *has,
                      struct fault *f)
{
    char bytes[sizeof(GPT_SIGNATURE) - 1];
    uint64_t offset = lba * sector_size;
    int code = source_require(in->disk, offset, sector_size, "a GPT header", f);

    *has = false;
    if (code < 0)
        return code == FAULT_DAMAGED ? 0 : code;
    if (reader_read(in->reader, offset, bytes, sizeof(bytes), f) < 0)
        return f->code;
    *has = memcmp(bytes, GPT_SIGNATURE, sizeof(bytes)) == 0;
    return 0;
}

/* "The CRC32 is computed over HeaderSize bytes, with this field zero." */
static int check_header_crc(uint8_t *raw, uint32_t sector_size, struct fault *f)
{
    uint32_t header_size = le32_at(raw + GPT_HEADER_SIZE);
    uint32_t stored = le32_at(raw + GPT_HEADER_CRC32);
    uint32_t computed;

    if (header_size < GPT_HEADER_BYTES || header_size > sector_size)
        return fault_set(f, FAULT_DAMAGED,
                         "HeaderSize is %" PRIu32 ", not from %d to the sector's %" PRIu32,
                         header_size, GPT_HEADER_BYTES, sector_size);
    put_le32(raw + GPT_HEADER_CRC32, 0);
    computed = crc32_of(raw, header_size);
    if (stored != computed)
        return fault_set(f, FAULT_DAMAGED,
                         "HeaderCRC32 is 0x%08" PRIx32 ", the header's bytes give 0x%08" PRIx32,
                         stored, computed);
    return 0;
}

static void decode_header(const uint8_t *raw, struct gpt_header *h)
{
    *h = (struct gpt_header){
        .alternate_lba = le64_at(raw + GPT_ALTERNATE_LBA),
        .first_usable_lba = le64_at(raw + GPT_FIRST_USABLE_LBA),
        .last_usable_lba = le64_at(raw + GPT_LAST_USABLE_LBA),
        .partition_entry_lba = le64_at(raw + GPT_PARTITION_ENTRY_LBA),
        .number_of_partition_entries = le32_at(raw + GPT_NUMBER_OF_PARTITION_ENTRIES),
        .size_of_partition_entry = le32_at(raw + GPT_SIZE_OF_PARTITION_ENTRY),
        .partition_entry_array_crc32 = le32_at(raw + GPT_PARTITION_ENTRY_ARRAY_CRC32),
    };
    memcpy(h->disk_guid.bytes, raw + GPT_DISK_GUID, sizeof(h->disk_guid.bytes));
}

/* The usable range, and that a byte offset of any sector in it fits in 64 bits. */
static int check_usable(const struct gpt_header *h, uint32_t sector_size, struct fault *f)
{
    if (h->first_usable_lba > h->last_usable_lba)
        return fault_set(f, FAULT_DAMAGED,
                         "FirstUsableLBA %" PRIu64 " is past LastUsableLBA %" PRIu64,
                         h->first_usable_lba, h->last_usable_lba);
    if (h->last_usable_lba >= UINT64_MAX / sector_size)
        return fault_set(f, FAULT_DAMAGED, "LastUsableLBA %" PRIu64 " is past 2^64 bytes",
                         h->last_usable_lba);
    return 0;
}

/* "SizeOfPartitionEntry: 128 x 2^n"; the array's size is bounded, so no product here can wrap. */
static int check_array(const struct gpt_header *h, uint32_t sector_size, struct fault *f)
{
    uint64_t bytes =
        (uint64_t)h->number_of_partition_entries * (uint64_t)h->size_of_partition_entry;
    uint64_t sectors = div_round_up(bytes, sector_size);
    uint64_t start = h->partition_entry_lba;

    if (h->size_of_partition_entry < GPT_ENTRY_BYTES || !is_power_of_2(h->size_of_partition_entry))
        return fault_set(f, FAULT_DAMAGED, "SizeOfPartitionEntry is %" PRIu32 ", not 128 x 2^n",
                         h->size_of_partition_entry);
    if (bytes == 0 || bytes > GPT_ARRAY_MAX)
        return fault_set(f, FAULT_DAMAGED,
                         "%" PRIu32 " partition entries of %" PRIu32
                         " bytes are not between 1 byte and %d bytes",
                         h->number_of_partition_entries, h->size_of_partition_entry, GPT_ARRAY_MAX);
    if (start > UINT64_MAX / sector_size - sectors)
        return fault_set(f, FAULT_DAMAGED, "PartitionEntryLBA %" PRIu64 " is past 2^64 bytes",
                         start);
    if (start <= h->last_usable_lba && start + sectors > h->first_usable_lba)
        return fault_set(f, FAULT_DAMAGED,
                         "the partition entries (sectors %" PRIu64 " to %" PRIu64
                         ") lie in the usable range (%" PRIu64 " to %" PRIu64 ")",
                         start, start + sectors - 1, h->first_usable_lba, h->last_usable_lba);
    return 0;
}

/* Publishes the header only when every field has been checked. */
static int read_header(const struct part_input *in, uint32_t sector_size, uint64_t lba,
                       struct gpt *out, struct fault *f)
{
    uint8_t raw[SECTOR_MAX];
    struct gpt_header found;

    if (part_input_read(in, lba * sector_size, raw, sector_size, "the header", f) < 0)
        return f->code;
    if (memcmp(raw, GPT_SIGNATURE, strlen(GPT_SIGNATURE)) != 0)
        return fault_set(f, FAULT_DAMAGED, "no signature 'EFI PART'");
    out->alternate_claim = le64_at(raw + GPT_ALTERNATE_LBA);
    if (check_header_crc(raw, sector_size, f) < 0)
        return f->code;
    if (le16_at(raw + GPT_REVISION + 2) != 1)
        return fault_set(f, FAULT_UNSUPPORTED, "GPT revision %u.%u is not supported, only 1.x",
                         le16_at(raw + GPT_REVISION + 2), le16_at(raw + GPT_REVISION));
    if (le64_at(raw + GPT_MY_LBA) != lba)
        return fault_set(f, FAULT_DAMAGED, "MyLBA is %" PRIu64, le64_at(raw + GPT_MY_LBA));
    decode_header(raw, &found);
    if (check_usable(&found, sector_size, f) < 0 || check_array(&found, sector_size, f) < 0)
        return f->code;
    out->header = found;
    return 0;
}

static int read_array(const struct part_input *in, uint32_t sector_size, const struct gpt_header *h,
                      uint8_t **out, struct fault *f)
{
    size_t bytes = (size_t)h->number_of_partition_entries * h->size_of_partition_entry;
    uint64_t offset = h->partition_entry_lba * sector_size;
    uint8_t *array;
    uint32_t computed;

    /* The input backs the allocation before it is made. */
    if (source_require(in->disk, offset, bytes, "the array of partition entries", f) < 0)
        return f->code;
    array = malloc(bytes);
    if (!array)
        return fault_memory(f, "GPT entries", bytes);
    if (reader_read(in->reader, offset, array, bytes, f) < 0)
        goto fail;
    computed = crc32_of(array, bytes);
    if (computed != h->partition_entry_array_crc32) {
        fault_set(f, FAULT_DAMAGED,
                  "PartitionEntryArrayCRC32 is 0x%08" PRIx32 ", the entries give 0x%08" PRIx32,
                  h->partition_entry_array_crc32, computed);
        goto fail;
    }
    *out = array;
    return 0;
fail:
    free(array);
    return f->code;
}

int gpt_load(const struct part_input *in, uint32_t sector_size, uint64_t lba, struct gpt *out,
             struct fault *f)
{
    *out = (struct gpt){.sector_size = sector_size};
    if (read_header(in, sector_size, lba, out, f) == 0 &&
        read_array(in, sector_size, &out->header, &out->array, f) == 0)
        return 0;
    if (f->code == FAULT_SYSTEM)
        return f->code;
    return fault_prefix(f, "GPT header at sector %" PRIu64, lba);
}

void gpt_unload(struct gpt *g)
{
    free(g->array);
    *g = (struct gpt){0};
}
