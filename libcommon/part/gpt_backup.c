/* SPDX-License-Identifier: MIT */
/* Backup GPTs: where they may be, and which of them to use. */
#include "part/gpt_backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "part/gpt_format.h"

/* A search for a backup, and what came of it so far. */
struct search {
    uint64_t size; /* of the disk, bytes */
    bool found;
    struct fault damaged;  /* the first damaged one, if its code says so */
    uint32_t damaged_size; /* that one's sector size */
    char elsewhere[160];   /* where there is none but in the last sector: "at sector 5, nor " */
};

/* Is there a backup at this sector?  One that is damaged is no failure. */
static int try_place(const struct part_input *in, struct search *s, uint32_t sector_size,
                     uint64_t lba, struct gpt *out, struct fault *f)
{
    bool has;

    if (gpt_has_signature(in, sector_size, lba, &has, f) < 0)
        return f->code;
    if (!has) {
        size_t used = strlen(s->elsewhere);

        if (lba != s->size / sector_size - 1)
            snprintf(s->elsewhere + used, sizeof(s->elsewhere) - used,
                     "at sector %" PRIu64 ", nor ", lba);
        return 0;
    }
    if (gpt_load(in, sector_size, lba, out, f) == 0) {
        s->found = true;
    } else if (f->code == FAULT_SYSTEM) {
        return f->code;
    } else if (s->damaged.code == FAULT_NONE) {
        s->damaged = *f;
        s->damaged_size = sector_size;
    }
    return 0;
}

static int try_size(const struct part_input *in, struct search *s, uint32_t sector_size,
                    const uint64_t hints[2], struct gpt *out, uint64_t *lba, struct fault *f)
{
    uint64_t last = s->size / sector_size - 1;
    const uint64_t places[] = {hints[0], last, hints[1]};

    if (s->size < 2 * (uint64_t)sector_size)
        return 0;
    for (unsigned i = 0; i < 3 && !s->found; i++) {
        *lba = places[i];
        if (*lba <= GPT_PRIMARY_LBA || *lba > last || (i > 0 && *lba == places[0]) ||
            (i > 1 && *lba == last))
            continue;
        if (try_place(in, s, sector_size, *lba, out, f) < 0)
            return f->code;
    }
    return 0;
}

int gpt_backup_load(const struct part_input *in, const struct gpt *primary, uint64_t protected_end,
                    struct gpt *out, uint64_t *lba, struct fault *f)
{
    const uint64_t hints[] = {primary->alternate_claim, protected_end};
    struct search s = {.damaged = {.code = FAULT_NONE}};

    if (source_size(in->disk, &s.size, f) < 0)
        return f->code;
    for (unsigned i = 0; i < in->sector_size_count && !s.found; i++) {
        uint32_t sector_size = in->sector_sizes[i];

        if (primary->sector_size && primary->sector_size != sector_size)
            continue;
        if (try_size(in, &s, sector_size, hints, out, lba, f) < 0)
            return f->code;
    }
    if (s.found)
        return 0;
    *out = (struct gpt){.sector_size = s.damaged_size};
    if (s.damaged.code != FAULT_NONE) {
        *f = s.damaged;
        return f->code;
    }
    return fault_set(f, FAULT_DAMAGED, "none %sin the last sector of the disk (%" PRIu64 " bytes)",
                     s.elsewhere, s.size);
}

static bool is_copy_of(const struct gpt_header *a, const struct gpt_header *b)
{
    return guid_equal(&a->disk_guid, &b->disk_guid) && a->first_usable_lba == b->first_usable_lba &&
           a->last_usable_lba == b->last_usable_lba &&
           a->number_of_partition_entries == b->number_of_partition_entries &&
           a->size_of_partition_entry == b->size_of_partition_entry &&
           a->partition_entry_array_crc32 == b->partition_entry_array_crc32;
}

int gpt_backup_look(const struct part_input *in, const struct gpt *primary, struct fault *f)
{
    uint64_t lba = primary->header.alternate_lba;
    uint64_t last = in->disk->size / primary->sector_size - 1;
    struct gpt backup;
    bool copy;
    int code;

    if (in->disk->size == SIZE_UNKNOWN)
        return 0;
    if (lba <= GPT_PRIMARY_LBA) {
        notice(in->notices, NOTICE_INFO, NULL,
               "AlternateLBA is %" PRIu64 ": no backup GPT is known", lba);
        return 0;
    }
    if (lba > last) {
        notice(in->notices, NOTICE_INFO, NULL,
               "the disk ends at sector %" PRIu64 ", before its backup GPT at sector %" PRIu64
               ": using the primary",
               last, lba);
        return 0;
    }
    code = gpt_load(in, primary->sector_size, lba, &backup, f);
    copy = code == 0 && is_copy_of(&backup.header, &primary->header);
    gpt_unload(&backup);
    if (code == FAULT_SYSTEM)
        return code;
    if (code < 0)
        notice(in->notices, NOTICE_INFO, NULL, "the backup GPT is damaged (%s): using the primary",
               f->text);
    else if (lba != last)
        notice(in->notices, NOTICE_INFO, NULL,
               "the backup GPT is at sector %" PRIu64
               ", not at the end of the disk (sector %" PRIu64 ")",
               lba, last);
    if (code == 0 && !copy)
        notice(in->notices, NOTICE_INFO, NULL,
               "the backup GPT at sector %" PRIu64
               " is another table than the primary: using the primary",
               lba);
    return 0;
}

int gpt_backup_in_last_sector(const struct part_input *in, uint64_t *lba, struct fault *f)
{
    const struct gpt no_primary = {0};
    struct gpt backup = {0};
    int code;

    *lba = 0;
    if (in->disk->size == SIZE_UNKNOWN)
        return 0;
    code = gpt_backup_load(in, &no_primary, 0, &backup, lba, f);
    gpt_unload(&backup);
    if (code != 0)
        *lba = 0;
    return code == FAULT_SYSTEM ? code : 0;
}
