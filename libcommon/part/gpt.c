/* SPDX-License-Identifier: MIT */
/* GUID partition tables (UEFI 2.10, section 5.3): which of the two copies to use, and its entries.
 */
#include "part/gpt.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "part/gpt_backup.h"
#include "part/gpt_format.h"
#include "part/gpt_load.h"

int gpt_is_present(const struct part_input *in, bool *present, struct fault *f)
{
    *present = false;
    for (unsigned i = 0; i < in->sector_size_count && !*present; i++)
        if (gpt_has_signature(in, in->sector_sizes[i], GPT_PRIMARY_LBA, present, f) < 0)
            return f->code;
    return 0;
}

/* "EndingLBA is inclusive"; within the usable range. */
static void check_extent(const struct part_input *in, const struct gpt_header *h,
                         struct part_entry *e)
{
    if (e->defects & PART_REVERSED) {
        notice(in->notices, NOTICE_LOSS, NULL,
               "partition %u ends at sector %" PRIu64 " before it starts at sector %" PRIu64,
               e->number, e->last_lba, e->first_lba);
    } else if (e->first_lba < h->first_usable_lba || e->last_lba > h->last_usable_lba) {
        e->defects |= PART_OUTSIDE;
        notice(in->notices, NOTICE_LOSS, NULL,
               "partition %u (sectors %" PRIu64 " to %" PRIu64
               ") lies outside the usable range (%" PRIu64 " to %" PRIu64 ")",
               e->number, e->first_lba, e->last_lba, h->first_usable_lba, h->last_usable_lba);
    }
}

static int add_entry(const struct part_input *in, const struct gpt *g, unsigned index,
                     struct part_table *t, struct fault *f)
{
    const uint8_t *raw = g->array + (size_t)index * g->header.size_of_partition_entry;
    struct guid type;
    struct part_entry *e;

    memcpy(type.bytes, raw + GPT_PARTITION_TYPE_GUID, sizeof(type.bytes));
    if (guid_is_zero(&type))
        return 0;
    if (part_table_add(t, &e, f) < 0)
        return f->code;
    e->number = index + 1;
    part_entry_place(e, le64_at(raw + GPT_STARTING_LBA), le64_at(raw + GPT_ENDING_LBA),
                     g->sector_size);
    e->type_guid = type;
    memcpy(e->uuid.bytes, raw + GPT_UNIQUE_PARTITION_GUID, sizeof(e->uuid.bytes));
    e->attributes = le64_at(raw + GPT_ATTRIBUTES);
    utf16le_to_utf8(raw + GPT_PARTITION_NAME, GPT_PARTITION_NAME_UNITS, e->name);
    check_extent(in, &g->header, e);
    return 0;
}

static int fill_table(const struct part_input *in, const struct gpt *g, struct part_table *t,
                      struct fault *f)
{
    t->kind = PART_GPT;
    t->sector_size = g->sector_size;
    t->disk_guid = g->header.disk_guid;
    t->first_usable_lba = g->header.first_usable_lba;
    t->last_usable_lba = g->header.last_usable_lba;
    t->entry_room = g->header.number_of_partition_entries;
    for (unsigned i = 0; i < t->entry_room; i++)
        if (add_entry(in, g, i, t, f) < 0)
            return f->code;
    part_table_check_end(t, in);
    return part_table_check_overlap(t, in, f);
}

/* The primary is damaged, as *why says: read the backup instead. */
static int read_backup(const struct part_input *in, const struct gpt *primary,
                       uint64_t protected_end, const struct fault *why, struct part_table *t,
                       struct fault *f)
{
    struct gpt backup = {0};
    uint64_t lba = 0;
    int code = gpt_backup_load(in, primary, protected_end, &backup, &lba, f);

    if (code == FAULT_DAMAGED) {
        struct fault backup_why = *f;

        if (!primary->sector_size && !backup.sector_size)
            fault_set(f, FAULT_DAMAGED, "no GPT behind its protective MBR: %.450s, %.450s",
                      why->text, backup_why.text);
        else
            fault_set(f, FAULT_DAMAGED, "both GPTs are damaged: primary: %.450s; backup: %.450s",
                      why->text, backup_why.text);
    }
    if (code == FAULT_UNSUPPORTED)
        return fault_prefix(f, "the primary GPT is damaged (%.450s); its backup", why->text);
    if (code < 0)
        return code;
    notice(in->notices, NOTICE_LOSS, NULL,
           "the primary GPT is damaged (%.800s): using the backup at sector %" PRIu64, why->text,
           lba);
    code = fill_table(in, &backup, t, f);
    gpt_unload(&backup);
    return code;
}

/*
 * The primary of whichever sector size has one that is whole: bytes of an older table may stand
 * where the other size has its header.  If there is none, *why says what is wrong with the first,
 * and out->sector_size is its, or 0 if both sizes have a damaged one, or none.
 */
static int load_primary(const struct part_input *in, struct gpt *out, struct fault *why,
                        struct fault *f)
{
    why->code = FAULT_NONE;
    for (unsigned i = 0; i < in->sector_size_count; i++) {
        uint32_t sector_size = in->sector_sizes[i];
        struct gpt g;
        bool has;

        if (gpt_has_signature(in, sector_size, GPT_PRIMARY_LBA, &has, f) < 0)
            return f->code;
        if (!has)
            continue;
        if (gpt_load(in, sector_size, GPT_PRIMARY_LBA, &g, f) == FAULT_SYSTEM)
            return f->code;
        if (g.array && out->array) {
            notice(in->notices, NOTICE_INFO, NULL,
                   "another GPT, at byte %" PRIu32 ", is not used: --sector-size=%" PRIu32
                   " reads it",
                   sector_size, sector_size);
            gpt_unload(&g);
        } else if (g.array) {
            *out = g;
        } else if (why->code == FAULT_NONE) {
            *why = *f;
            if (!out->array)
                *out = g;
        } else {
            out->sector_size = 0;
        }
    }
    if (!out->array && why->code == FAULT_NONE)
        fault_set(why, FAULT_DAMAGED, "no header at %s", in->header_places);
    return 0;
}

int gpt_read(const struct part_input *in, uint64_t protected_end, struct part_table *t,
             struct fault *f)
{
    struct gpt primary = {0};
    struct fault why;
    int code = load_primary(in, &primary, &why, f);

    if (code == 0 && primary.array) {
        code = gpt_backup_look(in, &primary, f);
        if (code == 0)
            code = fill_table(in, &primary, t, f);
    } else if (code == 0 && why.code == FAULT_DAMAGED) {
        code = read_backup(in, &primary, protected_end, &why, t, f);
    } else if (code == 0) {
        *f = why;
        code = why.code;
    }
    gpt_unload(&primary);
    return code;
}
