/* SPDX-License-Identifier: MIT */
/* GUID partition tables (UEFI 2.10, section 5.3): which of the two copies to use, and its entries.
 */
#ifndef PART_GPT_H
#define PART_GPT_H

#include <stdbool.h>

#include "base/fault.h"
#include "part/part.h"
#include "part/table.h"

/* Does a primary header's signature stand where sectors of 512 or of 4096 bytes have it? */
int gpt_is_present(const struct part_input *in, bool *present, struct fault *f);

/* Read the primary GPT, or the backup where the primary is damaged, into an empty table. */
int gpt_read(const struct part_input *in, struct part_table *t, struct fault *f);

#endif
