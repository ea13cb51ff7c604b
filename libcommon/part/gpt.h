/* SPDX-License-Identifier: MIT */
/* GUID partition tables (UEFI 2.10, section 5.3): which of the two copies to use, and its entries.
 */
#ifndef PART_GPT_H
#define PART_GPT_H

#include <stdbool.h>

#include "base/fault.h"
#include "part/part.h"
#include "part/table.h"

/* Does a primary header's signature stand where sectors of a size that is looked for have it? */
int gpt_is_present(const struct part_input *in, bool *present, struct fault *f);

/* Read the primary GPT, or the backup where the primary is damaged, into an empty table.
 * protected_end is the last sector that a protective MBR covers, 0 if that is not told. */
int gpt_read(const struct part_input *in, uint64_t protected_end, struct part_table *t,
             struct fault *f);

#endif
