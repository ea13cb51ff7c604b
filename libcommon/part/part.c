/* SPDX-License-Identifier: MIT */
/* Partition tables: which kind a disk has, and what is common to both kinds. */
#include "part/part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "part/gpt.h"
#include "part/gpt_backup.h"
#include "part/mbr.h"
#include "part/other.h"
#include "part/table.h"
#include "part/types.h"

/* Holds the array of a usual GPT. */
enum { CACHE_BYTES = 1 << 18 };

enum verdict { IS_NONE, IS_GPT, IS_MBR };

/* Neither GPT nor MBR: what is there instead, as far as that can be told. */
static int refuse(const struct part_input *in, const uint8_t sector[MBR_BYTES], const struct mbr *m,
                  struct fault *f)
{
    int odd = m->signed_ ? mbr_odd_entry(m) : -1;
    const char *other;
    char backup[160] = "";
    uint64_t lba;

    if (other_find(in, sector, &other, f) < 0 || gpt_backup_in_last_sector(in, &lba, f) < 0)
        return f->code;
    if (other)
        return fault_set(f, FAULT_UNSUPPORTED, "%s, which is not read", other);
    if (lba)
        snprintf(backup, sizeof(backup),
                 "; a backup GPT at sector %" PRIu64
                 " is not used: neither a protective MBR nor a primary GPT announces it",
                 lba);
    if (odd >= 0)
        return fault_set(f, FAULT_DAMAGED,
                         "no partition table found: sector 0 is no MBR (BootIndicator of entry %d "
                         "is 0x%02x, not 0x00 or 0x80)%s",
                         odd + 1, m->entries[odd].boot_indicator, backup);
    return fault_set(f, FAULT_DAMAGED,
                     "no partition table found: no MBR in sector 0, no GPT header at %s%s",
                     in->header_places, backup);
}

/*
 * Which kind of table it is, in the order that Linux and sfdisk decide: a GPT is used if the MBR
 * protects it.  Where there is no MBR at all, it is used as well, and the loss told.
 */
static int decide(const struct part_input *in, const struct mbr *m, enum verdict *verdict,
                  struct fault *f)
{
    bool is_mbr = m->signed_ && mbr_odd_entry(m) < 0;
    bool gpt;

    if (is_mbr && mbr_protects_gpt(m)) {
        *verdict = IS_GPT;
        return 0;
    }
    if (gpt_is_present(in, &gpt, f) < 0)
        return f->code;
    if (is_mbr && mbr_used(m) > 0) {
        *verdict = IS_MBR;
        if (gpt)
            notice(in->notices, NOTICE_INFO, NULL,
                   "a GPT header is not used: the MBR has no entry that protects it");
    } else if (gpt) {
        *verdict = IS_GPT;
        notice(in->notices, NOTICE_LOSS, NULL, "no protective MBR: the GPT is used all the same");
    } else {
        /* A file system's boot sector can look like an MBR without partitions, but for the disk
         * signature that every program which makes one puts there. */
        *verdict = is_mbr && m->disk_signature != 0 ? IS_MBR : IS_NONE;
    }
    return 0;
}

/* A GPT, and what else the MBR before it has. */
static int read_gpt(const struct part_input *in, const struct mbr *m, struct part_table *t,
                    struct fault *f)
{
    char others[MBR_LIST_BYTES];

    if (gpt_read(in, mbr_protected_end(m), t, f) < 0)
        return f->code;
    mbr_list_others(m, others);
    if (mbr_protects_gpt(m) && others[0])
        notice(in->notices, NOTICE_INFO, NULL,
               "a hybrid MBR: the GPT is used, not what else the MBR has: %s", others);
    return 0;
}

static int read_table(const struct part_input *in, struct part_table *t, struct fault *f)
{
    uint8_t sector[MBR_BYTES];
    enum verdict verdict = IS_NONE;
    struct mbr mbr;

    if (part_input_read(in, 0, sector, sizeof(sector), "sector 0", f) < 0)
        return f->code == FAULT_DAMAGED ? fault_prefix(f, "no partition table found") : f->code;
    mbr_decode(sector, &mbr);
    if (decide(in, &mbr, &verdict, f) < 0)
        return f->code;
    switch (verdict) {
    case IS_GPT:
        return read_gpt(in, &mbr, t, f);
    case IS_MBR:
        return mbr_read(in, &mbr, t, f);
    default:
        return refuse(in, sector, &mbr, f);
    }
}

static void set_sector_size(struct part_input *in, uint32_t forced)
{
    in->sector_sizes[0] = forced ? forced : 512;
    in->sector_sizes[1] = 4096;
    in->sector_size_count = forced ? 1 : 2;
    snprintf(in->header_places, sizeof(in->header_places), "byte %" PRIu32 "%s",
             in->sector_sizes[0], forced ? "" : " or 4096");
}

int part_read(struct source *disk, const struct part_options *options,
              const struct notices *notices, struct part_table **out, struct fault *f)
{
    struct part_input in = {.disk = disk, .notices = notices};
    struct part_table *t = calloc(1, sizeof(*t));

    if (!t)
        return fault_memory(f, "a partition table", sizeof(*t));
    set_sector_size(&in, options ? options->sector_size : 0);
    if (reader_open(disk, CACHE_BYTES, &in.reader, f) < 0)
        goto fail;
    if (read_table(&in, t, f) < 0)
        goto fail;
    reader_close(in.reader);
    *out = t;
    return 0;
fail:
    reader_close(in.reader);
    part_table_free(t);
    return f->code;
}

void part_table_free(struct part_table *t)
{
    if (!t)
        return;
    free(t->entries);
    free(t);
}

void part_format_type(const struct part_table *t, const struct part_entry *e,
                      char text[PART_ID_BYTES])
{
    if (t->kind == PART_GPT)
        guid_format(&e->type_guid, text);
    else
        snprintf(text, PART_ID_BYTES, "%x", e->type_byte);
}

void part_format_uuid(const struct part_table *t, const struct part_entry *e,
                      char text[PART_ID_BYTES])
{
    if (t->kind == PART_GPT)
        guid_format(&e->uuid, text);
    else
        snprintf(text, PART_ID_BYTES, "%08" PRIx32 "-%02x", t->disk_signature, e->number);
}

void part_format_id(const struct part_table *t, char text[PART_ID_BYTES])
{
    if (t->kind == PART_GPT)
        guid_format(&t->disk_guid, text);
    else
        snprintf(text, PART_ID_BYTES, "0x%08" PRIx32, t->disk_signature);
}

const char *part_defect_word(unsigned bit)
{
    static const char *const words[] = {"reversed", "past-end", "outside", "overlaps"};

    return bit < sizeof(words) / sizeof(words[0]) ? words[bit] : NULL;
}

const char *part_type_name(const struct part_table *t, const struct part_entry *e)
{
    const struct gpt_type *gpt;
    const struct mbr_type *mbr;

    if (t->kind == PART_GPT) {
        gpt = gpt_type_find(&e->type_guid);
        return gpt ? gpt->name : NULL;
    }
    mbr = mbr_type_find(e->type_byte);
    return mbr ? mbr->name : NULL;
}
