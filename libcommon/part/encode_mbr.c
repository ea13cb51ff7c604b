/* SPDX-License-Identifier: MIT */
/* Master and extended boot records (UEFI 2.10, section 5.2). */
#include "base/bytes.h"
#include "part/encode.h"
#include "part/mbr_format.h"
#include "part/number.h"

/* The geometry that every BIOS and every program makes up for a disk that has none. */
enum { HEADS = 255, SECTORS_PER_TRACK = 63, CYLINDERS = 1024 };

enum { BOOTABLE = 0x80 };

/* Cylinder, head and sector; where they do not reach, the largest there are. */
static void put_chs(uint8_t *p, uint64_t lba)
{
    uint64_t cylinder = lba / (HEADS * SECTORS_PER_TRACK);
    uint64_t head = lba / SECTORS_PER_TRACK % HEADS;
    uint64_t sector = lba % SECTORS_PER_TRACK + 1;

    if (cylinder >= CYLINDERS) {
        cylinder = CYLINDERS - 1;
        head = HEADS - 1;
        sector = SECTORS_PER_TRACK;
    }
    p[0] = (uint8_t)head;
    p[1] = (uint8_t)(sector | (cylinder >> 8 << 6));
    p[2] = (uint8_t)cylinder;
}

void mbr_sign(uint8_t *sector)
{
    sector[MBR_SIGNATURE] = 0x55;
    sector[MBR_SIGNATURE + 1] = 0xaa;
}

void mbr_put_record(uint8_t *sector, unsigned i, const struct mbr_record *r)
{
    uint8_t *p = sector + MBR_PARTITION_RECORDS + (size_t)i * MBR_RECORD_BYTES;

    p[MBR_BOOT_INDICATOR] = r->boot_indicator;
    put_chs(p + MBR_STARTING_CHS, r->start);
    p[MBR_OS_TYPE] = r->os_type;
    put_chs(p + MBR_ENDING_CHS, r->start + r->size - 1);
    put_le32(p + MBR_STARTING_LBA, (uint32_t)(r->start - r->origin));
    put_le32(p + MBR_SIZE_IN_LBA, (uint32_t)r->size);
}

static struct mbr_record record_of(const struct part_wish *w, uint64_t origin)
{
    return (struct mbr_record){
        .boot_indicator = w->bootable ? BOOTABLE : 0,
        .os_type = w->type.byte,
        .origin = origin,
        .start = w->start,
        .size = w->size,
    };
}

/* One more boot record, empty but signed, in this sector. */
static int add_boot_record(const struct part_plan *p, uint64_t lba, struct part_pieces *out,
                           uint8_t **sector, struct fault *f)
{
    if (part_pieces_add(out, lba * p->sector_size, p->sector_size, sector, f) < 0)
        return f->code;
    mbr_sign(*sector);
    return 0;
}

/* The logical partition with this number, or NULL. */
static const struct part_wish *logical(const struct part_plan *p, unsigned number)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->wishes[i].logical && p->wishes[i].number == number)
            return &p->wishes[i];
    return NULL;
}

/* A boot record, its partition, and the link to the next: it reaches from that one's boot record to
 * the end of its partition, and counts from the start of the extended one. */
static int put_ebr(const struct part_plan *p, const struct part_wish *w, struct part_pieces *out,
                   struct fault *f)
{
    const struct part_wish *next = logical(p, w->number + 1);
    struct mbr_record record = record_of(w, w->ebr);
    uint8_t *sector;

    if (add_boot_record(p, w->ebr, out, &sector, f) < 0)
        return f->code;
    mbr_put_record(sector, 0, &record);
    if (next) {
        record = (struct mbr_record){
            .os_type = MBR_TYPE_EXTENDED, /* whatever the extended partition's own is */
            .origin = part_plan_extended(p)->start,
            .start = next->ebr,
            .size = next->start + next->size - next->ebr,
        };
        mbr_put_record(sector, 1, &record);
    }
    return 0;
}

int mbr_encode(const struct part_plan *p, struct part_pieces *out, struct fault *f)
{
    const struct part_wish *extended = part_plan_extended(p);
    uint8_t *sector;

    if (add_boot_record(p, 0, out, &sector, f) < 0)
        return f->code;
    for (size_t i = 0; i < p->count; i++) {
        const struct part_wish *w = &p->wishes[i];
        struct mbr_record record = record_of(w, 0);

        if (!w->logical)
            mbr_put_record(sector, w->number - 1, &record);
        else if (put_ebr(p, w, out, f) < 0)
            return f->code;
    }
    /* An extended partition that holds none has a boot record, too. */
    if (extended && !logical(p, MBR_FIRST_LOGICAL))
        return add_boot_record(p, extended->start, out, &sector, f);
    return 0;
}
