/* SPDX-License-Identifier: MIT */
/* Master boot records (UEFI 2.10, section 5.2) and the extended boot records behind them. */
#include "part/mbr.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "part/gpt_format.h"

void mbr_decode(const uint8_t sector[MBR_BYTES], struct mbr *m)
{
    m->signed_ = sector[MBR_SIGNATURE] == 0x55 && sector[MBR_SIGNATURE + 1] == 0xaa;
    m->disk_signature = le32_at(sector + MBR_UNIQUE_DISK_SIGNATURE);
    for (unsigned i = 0; i < MBR_ENTRIES; i++) {
        const uint8_t *raw = sector + MBR_PARTITION_RECORDS + (size_t)i * MBR_RECORD_BYTES;

        m->entries[i] = (struct mbr_entry){
            .boot_indicator = raw[MBR_BOOT_INDICATOR],
            .os_type = raw[MBR_OS_TYPE],
            .starting_lba = le32_at(raw + MBR_STARTING_LBA),
            .size_in_lba = le32_at(raw + MBR_SIZE_IN_LBA),
        };
    }
}

int mbr_odd_entry(const struct mbr *m)
{
    for (int i = 0; i < MBR_ENTRIES; i++)
        if ((m->entries[i].boot_indicator & 0x7f) != 0)
            return i;
    return -1;
}

static bool is_used(const struct mbr_entry *e)
{
    return e->size_in_lba != 0;
}

static bool is_extended(const struct mbr_entry *e)
{
    return is_used(e) && mbr_type_is_extended(e->os_type);
}

/* In an extended boot record: does it lead to the next one?  Its size is of no use then. */
static bool is_link(const struct mbr_entry *e)
{
    return mbr_type_is_extended(e->os_type) && (is_used(e) || e->starting_lba != 0);
}

unsigned mbr_used(const struct mbr *m)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MBR_ENTRIES; i++)
        n += is_used(&m->entries[i]);
    return n;
}

bool mbr_protects_gpt(const struct mbr *m)
{
    for (unsigned i = 0; i < MBR_ENTRIES; i++)
        if (is_used(&m->entries[i]) && m->entries[i].os_type == MBR_TYPE_GPT_PROTECTIVE &&
            m->entries[i].starting_lba == GPT_PRIMARY_LBA)
            return true;
    return false;
}

void mbr_list_others(const struct mbr *m, char text[MBR_LIST_BYTES])
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < MBR_ENTRIES; i++) {
        const struct mbr_entry *e = &m->entries[i];

        if (is_used(e) && e->os_type != MBR_TYPE_GPT_PROTECTIVE)
            used += (size_t)snprintf(text + used, MBR_LIST_BYTES - used,
                                     "%s%u (type %x, sectors %" PRIu32 " to %" PRIu64 ")",
                                     used ? ", " : "", i + 1, e->os_type, e->starting_lba,
                                     (uint64_t)e->starting_lba + e->size_in_lba - 1);
    }
}

uint64_t mbr_protected_end(const struct mbr *m)
{
    for (unsigned i = 0; i < MBR_ENTRIES; i++) {
        const struct mbr_entry *e = &m->entries[i];

        if (is_used(e) && e->os_type == MBR_TYPE_GPT_PROTECTIVE && e->size_in_lba != UINT32_MAX)
            return (uint64_t)e->starting_lba + e->size_in_lba - 1;
    }
    return 0;
}

/* base is the sector that StartingLBA counts from: at most 2^33, so nothing here wraps. */
static int add_entry(struct part_table *t, const struct mbr_entry *m, unsigned number,
                     uint64_t base, struct part_entry **out, struct fault *f)
{
    uint64_t first = base + m->starting_lba;

    if (part_table_add(t, out, f) < 0)
        return f->code;
    (*out)->number = number;
    part_entry_place(*out, first, first + m->size_in_lba - 1, t->sector_size);
    (*out)->type_byte = m->os_type;
    (*out)->bootable = m->boot_indicator == 0x80;
    (*out)->extended = is_extended(m);
    return 0;
}

/* A walk along one chain.  Sectors are counted from the start of the disk. */
struct chain {
    uint64_t start, length;        /* the extended partition */
    uint32_t sector_size;          /* bytes */
    uint64_t visited[MBR_EBR_MAX]; /* the boot records so far */
    unsigned count;
};

static int visit(struct chain *c, uint64_t sector, struct fault *f)
{
    for (unsigned i = 0; i < c->count; i++)
        if (c->visited[i] == sector)
            return fault_set(f, FAULT_DAMAGED,
                             "the chain of extended boot records loops: sector %" PRIu64
                             " leads back to sector %" PRIu64,
                             c->visited[c->count - 1], sector);
    if (c->count == MBR_EBR_MAX)
        return fault_set(f, FAULT_DAMAGED, "the chain of extended boot records is longer than %d",
                         MBR_EBR_MAX);
    c->visited[c->count++] = sector;
    return 0;
}

/* An extended partition in which none was ever made may have no boot record, only zeros. */
static int read_ebr(const struct part_input *in, const struct chain *c, struct mbr *m,
                    struct fault *f)
{
    uint64_t sector = c->visited[c->count - 1];
    uint8_t raw[MBR_BYTES];

    if (part_input_read(in, sector * c->sector_size, raw, sizeof(raw), "an extended boot record",
                        f) < 0)
        return f->code;
    mbr_decode(raw, m);
    if (!m->signed_ && !(c->count == 1 && bytes_are_zero(raw, sizeof(raw))))
        return fault_set(f, FAULT_DAMAGED,
                         "the extended boot record at sector %" PRIu64
                         " ends with 0x%04x, not 0xaa55",
                         sector, le16_at(raw + MBR_SIGNATURE));
    if (!m->signed_)
        notice(in->notices, NOTICE_INFO, NULL,
               "the extended partition has no boot record, only zeros at sector %" PRIu64
               ": it holds no partitions",
               sector);
    return 0;
}

/* The logical partition of a boot record, counted from that record. */
static int add_logical(const struct part_input *in, const struct chain *c,
                       const struct mbr_entry *m, unsigned number, struct part_table *t,
                       struct fault *f)
{
    uint64_t sector = c->visited[c->count - 1];
    struct part_entry *e;

    if (add_entry(t, m, number, sector, &e, f) < 0)
        return f->code;
    if (m->starting_lba == 0) {
        e->defects |= PART_OVERLAPS;
        notice(in->notices, NOTICE_LOSS, NULL,
               "logical partition %u starts on its own boot record at sector %" PRIu64, number,
               sector);
    }
    if (!range_within(e->first_lba - c->start, m->size_in_lba, c->length)) {
        e->defects |= PART_OUTSIDE;
        notice(in->notices, NOTICE_LOSS, NULL,
               "logical partition %u (sectors %" PRIu64 " to %" PRIu64
               ") lies outside the extended partition (%" PRIu64 " to %" PRIu64 ")",
               number, e->first_lba, e->last_lba, c->start, c->start + c->length - 1);
    }
    return 0;
}

/*
 * What a boot record says: entries 1 and 2 are a logical partition and the link to the next record,
 * in either order.  *next is the next record's sector, 0 at the chain's end.
 */
static int take_ebr(const struct part_input *in, const struct chain *c, const struct mbr *m,
                    unsigned *number, uint64_t *next, struct part_table *t, struct fault *f)
{
    *next = 0;
    for (unsigned i = 0; i < MBR_ENTRIES; i++) {
        const struct mbr_entry *e = &m->entries[i];

        if (!is_used(e) && !is_link(e))
            continue;
        if (i >= 2) {
            notice(in->notices, NOTICE_LOSS, NULL,
                   "entry %u of the extended boot record at sector %" PRIu64
                   " is not read: only the first two have a meaning",
                   i + 1, c->visited[c->count - 1]);
        } else if (!is_link(e)) {
            if (add_logical(in, c, e, (*number)++, t, f) < 0)
                return f->code;
        } else if (*next) {
            return fault_set(f, FAULT_DAMAGED,
                             "the extended boot record at sector %" PRIu64 " leads to two others",
                             c->visited[c->count - 1]);
        } else if (!range_within(e->starting_lba, 1, c->length)) {
            return fault_set(f, FAULT_DAMAGED,
                             "the extended boot record at sector %" PRIu64
                             " leads to sector %" PRIu64
                             ", outside the extended partition (%" PRIu64 " to %" PRIu64 ")",
                             c->visited[c->count - 1], c->start + e->starting_lba, c->start,
                             c->start + c->length - 1);
        } else {
            *next = c->start + e->starting_lba;
        }
    }
    return 0;
}

/* Links count from the start of the extended partition.  They may point back to a record not yet
 * seen: fdisk chains a partition that fills a gap last. */
static int read_chain(const struct part_input *in, const struct mbr_entry *extended,
                      unsigned *number, struct part_table *t, struct fault *f)
{
    struct chain c = {.start = extended->starting_lba,
                      .length = extended->size_in_lba,
                      .sector_size = t->sector_size};
    uint64_t next = c.start;
    struct mbr m;

    do {
        if (visit(&c, next, f) < 0 || read_ebr(in, &c, &m, f) < 0 ||
            take_ebr(in, &c, &m, number, &next, t, f) < 0)
            return f->code;
    } while (next);
    return 0;
}

/*
 * The chains of all extended partitions; sfdisk makes no more than one.  Where one is damaged, what
 * it had before stays, and the numbers of all that would follow are unknown: *lost says why.
 */
static int read_chains(const struct part_input *in, const struct mbr *m, unsigned *number,
                       struct part_table *t, struct fault *lost, struct fault *f)
{
    lost->code = FAULT_NONE;
    for (unsigned i = 0; i < MBR_ENTRIES && lost->code == FAULT_NONE; i++) {
        if (!is_extended(&m->entries[i]) || read_chain(in, &m->entries[i], number, t, f) == 0)
            continue;
        if (f->code != FAULT_DAMAGED)
            return f->code;
        *lost = *f;
    }
    return 0;
}

int mbr_read(const struct part_input *in, const struct mbr *m, struct part_table *t,
             struct fault *f)
{
    unsigned number = MBR_FIRST_LOGICAL;
    struct part_entry *e;
    struct fault lost;

    t->kind = PART_MBR;
    t->sector_size = in->sector_sizes[0]; /* it does not tell the size itself */
    t->disk_signature = m->disk_signature;
    for (unsigned i = 0; i < MBR_ENTRIES; i++)
        if (is_used(&m->entries[i]) && add_entry(t, &m->entries[i], i + 1, 0, &e, f) < 0)
            return f->code;
    if (read_chains(in, m, &number, t, &lost, f) < 0)
        return f->code;
    /* A chain that ends with the disk has shown where that is; and that the extended partition
     * passes the end says more than what its chain lacks. */
    part_table_check_end(t, in);
    t->is_cut = lost.code != FAULT_NONE;
    if (t->is_cut)
        notice(in->notices, NOTICE_LOSS, NULL,
               "%s: logical partitions from number %u on are not known", lost.text, number);
    return part_table_check_overlap(t, in, f);
}
