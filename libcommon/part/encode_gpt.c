/* SPDX-License-Identifier: MIT */
/* GUID partition tables (UEFI 2.10, section 5.3), both copies, and the MBR that protects them. */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"
#include "base/utf16.h"
#include "part/encode.h"
#include "part/geometry.h"
#include "part/gpt_format.h"
#include "part/mbr_format.h"

/* The protective MBR (UEFI 2.10, table 5-4). */
static void put_protective(const struct part_plan *p, uint8_t *sector)
{
    static const uint8_t starting_chs[] = {0x00, 0x02, 0x00};
    static const uint8_t ending_chs[] = {0xff, 0xff, 0xff};
    struct mbr_record record = {
        .os_type = MBR_TYPE_GPT_PROTECTIVE,
        .start = GPT_PRIMARY_LBA,
        .size = min_u64(p->sectors - 1, UINT32_MAX),
    };

    mbr_sign(sector);
    mbr_put_record(sector, 0, &record);
    memcpy(sector + MBR_PARTITION_RECORDS + MBR_STARTING_CHS, starting_chs, sizeof(starting_chs));
    memcpy(sector + MBR_PARTITION_RECORDS + MBR_ENDING_CHS, ending_chs, sizeof(ending_chs));
}

static void put_entries(const struct part_plan *p, uint8_t *array)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct part_wish *w = &p->wishes[i];
        uint8_t *e = array + (size_t)(w->number - 1) * GPT_ENTRY_BYTES;

        memcpy(e + GPT_PARTITION_TYPE_GUID, w->type.guid.bytes, sizeof(w->type.guid.bytes));
        memcpy(e + GPT_UNIQUE_PARTITION_GUID, w->uuid.bytes, sizeof(w->uuid.bytes));
        put_le64(e + GPT_STARTING_LBA, w->start);
        put_le64(e + GPT_ENDING_LBA, w->start + w->size - 1);
        put_le64(e + GPT_ATTRIBUTES, w->attributes);
        utf8_to_utf16le(w->name, e + GPT_PARTITION_NAME, GPT_PARTITION_NAME_UNITS);
    }
}

static void put_header(const struct part_plan *p, uint8_t *h, uint64_t my_lba,
                       uint64_t alternate_lba, uint64_t entry_lba, const uint8_t *array)
{
    memcpy(h, GPT_SIGNATURE, strlen(GPT_SIGNATURE));
    put_le32(h + GPT_REVISION, 0x00010000);
    put_le32(h + GPT_HEADER_SIZE, GPT_HEADER_BYTES);
    put_le64(h + GPT_MY_LBA, my_lba);
    put_le64(h + GPT_ALTERNATE_LBA, alternate_lba);
    put_le64(h + GPT_FIRST_USABLE_LBA, p->first_lba);
    put_le64(h + GPT_LAST_USABLE_LBA, p->last_lba);
    memcpy(h + GPT_DISK_GUID, p->disk_guid.bytes, sizeof(p->disk_guid.bytes));
    put_le64(h + GPT_PARTITION_ENTRY_LBA, entry_lba);
    put_le32(h + GPT_NUMBER_OF_PARTITION_ENTRIES, p->entry_room);
    put_le32(h + GPT_SIZE_OF_PARTITION_ENTRY, GPT_ENTRY_BYTES);
    put_le32(h + GPT_PARTITION_ENTRY_ARRAY_CRC32,
             crc32_of(array, (size_t)p->entry_room * GPT_ENTRY_BYTES));
    put_le32(h + GPT_HEADER_CRC32, crc32_of(h, GPT_HEADER_BYTES));
}

int gpt_encode(const struct part_plan *p, struct part_pieces *out, struct fault *f)
{
    uint64_t array_sectors = gpt_array_sectors(p);
    uint64_t backup_lba = p->sectors - 1;
    size_t array_bytes = (size_t)array_sectors * p->sector_size;
    uint8_t *head, *tail;

    if (part_pieces_add(out, 0, GPT_ENTRY_LBA * (size_t)p->sector_size + array_bytes, &head, f) <
            0 ||
        part_pieces_add(out, (backup_lba - array_sectors) * p->sector_size,
                        array_bytes + p->sector_size, &tail, f) < 0)
        return f->code;
    put_protective(p, head);
    put_entries(p, head + GPT_ENTRY_LBA * (size_t)p->sector_size);
    put_entries(p, tail);
    put_header(p, head + GPT_PRIMARY_LBA * (size_t)p->sector_size, GPT_PRIMARY_LBA, backup_lba,
               GPT_ENTRY_LBA, tail);
    put_header(p, tail + array_bytes, backup_lba, GPT_PRIMARY_LBA, backup_lba - array_sectors,
               tail);
    return 0;
}
