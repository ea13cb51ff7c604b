/* SPDX-License-Identifier: MIT */
/* part/: reads that fail or end at every offset, names, GUIDs, types, selectors. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc.h"
#include "part/part.h"
#include "part/types.h"
#include "unit.h"

/* The reader's cache takes 64 KiB at a time: the tables lie in the first and the last of these
 * three, the middle one must not be read. */
enum { SECTOR = 512, LINE = 1 << 16, DISK = 3 * LINE, LAST = DISK / SECTOR - 1, ENTRIES = 4 };

/* The partition fills the usable range: sectors 6 to 377. */
enum { FIRST_USABLE = 6, LAST_USABLE = LAST - 6 };

static void put_gpt(uint8_t *disk, uint64_t lba, uint64_t alternate, uint64_t array)
{
    uint8_t *h = disk + lba * SECTOR;
    uint8_t *e = disk + array * SECTOR;

    memset(e, 0x5a, 32); /* type and identity: anything but zero */
    put_le64(e + 32, FIRST_USABLE);
    put_le64(e + 40, LAST_USABLE);
    memcpy(h, "EFI PART\0\0\1\0", 12);
    put_le32(h + 12, 92);
    put_le64(h + 24, lba);
    put_le64(h + 32, alternate);
    put_le64(h + 40, FIRST_USABLE);
    put_le64(h + 48, LAST_USABLE);
    put_le64(h + 72, array);
    put_le32(h + 80, ENTRIES);
    put_le32(h + 84, 128);
    put_le32(h + 88, crc32_of(e, ENTRIES * 128));
    put_le32(h + 16, crc32_of(h, 92));
}

static void put_mbr_entry(uint8_t *sector, unsigned i, uint8_t type, uint32_t start, uint32_t size)
{
    uint8_t *e = sector + 446 + (size_t)i * 16;

    e[4] = type;
    put_le32(e + 8, start);
    put_le32(e + 12, size);
    sector[510] = 0x55;
    sector[511] = 0xaa;
}

static uint8_t *gpt_disk(void)
{
    uint8_t *disk = calloc(1, DISK);

    if (!disk)
        abort();
    put_mbr_entry(disk, 0, 0xee, 1, LAST);
    put_gpt(disk, 1, LAST, 2);
    put_gpt(disk, LAST, 1, LAST - 1);
    return disk;
}

/* A primary, and an extended partition with two logical ones: records at sectors 2 and 300. */
static uint8_t *mbr_disk(void)
{
    uint8_t *disk = calloc(1, DISK);

    if (!disk)
        abort();
    put_mbr_entry(disk, 0, 0x83, 1, 1);
    put_mbr_entry(disk, 1, 0x05, 2, LAST - 1);
    put_mbr_entry(disk + 2 * SECTOR, 0, 0x83, 1, 100);
    put_mbr_entry(disk + 2 * SECTOR, 1, 0x05, 298, 10);
    put_mbr_entry(disk + 300 * SECTOR, 0, 0x82, 1, 20);
    return disk;
}

static void count_losses(void *context, enum notice_kind kind, const char *subject,
                         const char *text)
{
    (void)subject;
    (void)text;
    *(unsigned *)context += kind == NOTICE_LOSS;
}

/* Read the table of a disk whose reads fail so; the code, and how many losses were told. */
static int read_failing(const uint8_t *disk, enum faulty_kind kind, uint64_t offset,
                        unsigned *losses)
{
    const struct notices notices = {.say = count_losses, .context = losses};
    struct part_table *t = NULL;
    struct source *s = NULL;
    struct fault f;
    int code;

    *losses = 0;
    if (source_from_memory(disk, DISK, "disk", &s, &f) < 0 ||
        source_faulty(s, kind, offset, &s, &f) < 0)
        abort();
    code = part_read(s, NULL, &notices, &t, &f);
    part_table_free(t);
    source_close(s);
    return code;
}

/* A read error is never taken for damage, nor worked around, nor met where nothing is to be read.
 */
static void read_errors_are_told_as_such(struct unit *u)
{
    uint8_t *gpt = gpt_disk();
    uint8_t *mbr = mbr_disk();
    unsigned losses;

    for (uint64_t offset = 0; offset < DISK; offset += 97) {
        int want = offset / LINE == 1 ? 0 : FAULT_SYSTEM;

        CHECK(u, read_failing(gpt, FAULTY_ERROR, offset, &losses) == want);
        CHECK(u, losses == 0);
        CHECK(u, read_failing(mbr, FAULTY_ERROR, offset, &losses) == want);
        CHECK(u, losses == 0);
    }
    free(gpt);
    free(mbr);
}

/* Without its backup alone the disk is whole; cut before, the partition is told to pass the end;
 * cut within the table, it has none. */
static void a_short_disk_is_told_of(struct unit *u)
{
    uint8_t *gpt = gpt_disk();
    uint8_t *mbr = mbr_disk();
    unsigned losses;

    for (uint64_t end = 0; end < DISK; end += 97) {
        bool whole = end >= (uint64_t)(LAST_USABLE + 1) * SECTOR;
        bool gpt_there = end >= 2 * SECTOR + ENTRIES * 128;
        bool mbr_there = end >= SECTOR;

        CHECK(u, read_failing(gpt, FAULTY_SHORT, end, &losses) == (gpt_there ? 0 : FAULT_DAMAGED));
        CHECK(u, losses == (gpt_there && !whole));
        CHECK(u, read_failing(mbr, FAULTY_SHORT, end, &losses) == (mbr_there ? 0 : FAULT_DAMAGED));
        CHECK(u, (losses > 0) == mbr_there);
    }
    free(gpt);
    free(mbr);
}

/* Every byte of the primary that a checksum covers, and of what says where it is. */
static void any_flipped_byte_of_the_primary_is_noticed(struct unit *u)
{
    uint8_t *disk = gpt_disk();
    unsigned losses;

    for (size_t i = SECTOR; i < 2 * SECTOR + ENTRIES * 128; i++) {
        bool covered = i < SECTOR + 92 || i >= 2 * SECTOR;

        disk[i] ^= 0x41;
        CHECK(u, read_failing(disk, FAULTY_SHORT, DISK, &losses) == 0);
        CHECK(u, losses == covered);
        disk[i] ^= 0x41;
    }
    free(disk);
}

static void guids_are_read_and_printed(struct unit *u)
{
    static const char esp[] = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
    static const uint8_t on_disk[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
                                        0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
    char text[GUID_TEXT_BYTES];
    struct guid g;

    CHECK(u, guid_parse(esp, &g) && memcmp(g.bytes, on_disk, 16) == 0);
    guid_format(&g, text);
    CHECK(u, strcmp(text, esp) == 0);
    CHECK(u, guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", &g) && !guid_is_zero(&g));
    CHECK(u, !guid_parse("", &g));
    CHECK(u, !guid_parse("C12A7328-F81F-11D2-BA4B-00A0C93EC93", &g));
    CHECK(u, !guid_parse("C12A7328-F81F-11D2-BA4B-00A0C93EC93B ", &g));
    CHECK(u, !guid_parse("C12A7328F-81F-11D2-BA4B-00A0C93EC93B", &g));
    CHECK(u, !guid_parse("C12A7328-F81F-11D2-BA4B-00A0C93EC93G", &g));
}

static void every_alias_that_is_offered_is_known(struct unit *u)
{
    char aliases[] = PART_TYPE_ALIASES;
    char *rest = NULL;

    for (char *a = strtok_r(aliases, ", ", &rest); a; a = strtok_r(NULL, ", ", &rest))
        CHECK(u, type_word_is_known(a));
    CHECK(u, !type_word_is_known("") && !type_word_is_known("nonsense"));
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, read_errors_are_told_as_such);
    UNIT_CASE(&u, a_short_disk_is_told_of);
    UNIT_CASE(&u, any_flipped_byte_of_the_primary_is_noticed);
    UNIT_CASE(&u, guids_are_read_and_printed);
    UNIT_CASE(&u, every_alias_that_is_offered_is_known);
    return unit_end(&u);
}
