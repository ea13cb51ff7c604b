/* SPDX-License-Identifier: MIT */
/* Backup GPTs: where they may be, and which of them to use. */
#ifndef PART_GPT_BACKUP_H
#define PART_GPT_BACKUP_H

#include <stdint.h>

#include "base/fault.h"
#include "part/gpt_load.h"
#include "part/table.h"

/*
 * The backup of a damaged primary (which has no sector size if there is no header).  Its own
 * checksum and MyLBA prove it, so that any hint will do.  In this order: where the primary says,
 * even if its checksum is wrong; the last sector of the disk; the last one that the MBR protects
 * (protected_end, 0 if not told).  The first good one is *out, from sector *lba.
 *
 * If there is none, the fault is that of the first damaged one, and out->sector_size is then not 0.
 */
int gpt_backup_load(const struct part_input *in, const struct gpt *primary, uint64_t protected_end,
                    struct gpt *out, uint64_t *lba, struct fault *f);

/* Tell what is wrong with the backup of a good primary.  Nothing is lost by it, so it is not worth
 * reading a pipe to its end. */
int gpt_backup_look(const struct part_input *in, const struct gpt *primary, struct fault *f);

/* The last sector of the disk if a good backup is there, else 0; 0 for a pipe, too. */
int gpt_backup_in_last_sector(const struct part_input *in, uint64_t *lba, struct fault *f);

#endif
