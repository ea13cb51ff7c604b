/* SPDX-License-Identifier: MIT */
/* Fuzzes part/: the input is a disk; its GPT, MBR and boot record chain are read and selected from.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc.h"
#include "part/part.h"

/* Larger disks show nothing new and cost time. */
enum { DISK_MAX = 1 << 17 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of an entry are those of its sectors, and all are there unless it says so. */
static void check_place(const struct part_entry *e, size_t size)
{
    bool reversed = e->last_lba < e->first_lba;

    if (!(e->defects & PART_REVERSED) != !reversed)
        abort();
    if (e->length == 0 && !(e->defects & (PART_REVERSED | PART_PAST_END)))
        abort();
    if (!(e->defects & PART_PAST_END) && (e->start > size || e->length > size - e->start))
        abort();
}

/* What holds of every table that part_read lets through. */
static void check(const struct part_table *t, size_t size)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct part_entry *e = &t->entries[i];

        check_place(e, size);
        if (i > 0 && e->number <= t->entries[i - 1].number)
            abort();
        if (strlen(e->name) >= PART_NAME_BYTES)
            abort();
    }
}

static void select_all(const struct part_table *t)
{
    static const char *const selectors[] = {
        "1", "5", "label=a", "uuid=deadbeef-05", "type=linux", "type=0x83", "largest", "type=x",
    };
    const struct part_entry *e;
    struct fault f;

    for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++)
        if (part_select(t, selectors[i], &e, &f) == 0 &&
            (e < t->entries || e >= t->entries + t->count || e->length == 0))
            abort();
}

/* The first byte of boot code, which nothing else depends on, says how the disk is read: 0 as
 * usual.
 */
static struct part_options options_of(const uint8_t *data)
{
    unsigned choice = data[0] & 7;

    return (struct part_options){.sector_size = choice >= 1 && choice <= 4 ? 256u << choice : 0};
}

static void read_disk(const uint8_t *data, size_t size)
{
    const struct part_options options = options_of(data);
    struct part_table *t = NULL;
    struct source *disk = NULL;
    struct fault f;

    if (source_from_memory(data, size, "fuzz", &disk, &f) == 0 &&
        part_read(disk, &options, NULL, &t, &f) == 0) {
        check(t, size);
        select_all(t);
    }
    part_table_free(t);
    source_close(disk);
}

/* Make the checksums of a GPT header right, as far as the disk has what they cover: no fuzzer
 * guesses a CRC. */
static void seal(uint8_t *disk, size_t size, size_t sector, size_t lba)
{
    uint8_t *header;
    uint64_t array, bytes;
    uint32_t header_size;

    if (lba * sector + sector > size)
        return;
    header = disk + lba * sector;
    header_size = le32_at(header + 12);
    array = le64_at(header + 72);
    bytes = (uint64_t)le32_at(header + 80) * le32_at(header + 84);
    if (memcmp(header, "EFI PART", 8) != 0 || header_size < 92 || header_size > sector)
        return;
    if (array <= size / sector && bytes <= size - array * sector)
        put_le32(header + 88, crc32_of(disk + array * sector, bytes));
    put_le32(header + 16, 0);
    put_le32(header + 16, crc32_of(header, header_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    if (size == 0 || size > DISK_MAX || !(copy = malloc(size)))
        return 0;
    read_disk(data, size);
    memcpy(copy, data, size);
    for (size_t sector = 512; sector <= 4096; sector *= 2) {
        seal(copy, size, sector, 1);
        if (size / sector > 2)
            seal(copy, size, sector, size / sector - 1);
    }
    read_disk(copy, size);
    free(copy);
    return 0;
}
