/* SPDX-License-Identifier: MIT */
/* The names of partition types. */
#ifndef PART_TYPES_H
#define PART_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "part/guid.h"

/* What GPT and MBR call one type.  Names agree with sfdisk's, so that people meet no third
 * spelling. The alias is the short word for `type=`: several types may share one (`root` is a root
 * file system of any architecture); NULL where there is none. */
struct gpt_type {
    const char *guid;
    const char *alias;
    const char *name;
};

struct mbr_type {
    uint8_t byte;
    const char *alias;
    const char *name;
};

extern const struct gpt_type gpt_types[];
extern const struct mbr_type mbr_types[];
extern const size_t gpt_type_count, mbr_type_count;

/* NULL for a type that is not in the tables. */
const struct gpt_type *gpt_type_find(const struct guid *g);
const struct mbr_type *mbr_type_find(uint8_t byte);

/* Is this word the alias or the name (either case) of some type, in whichever table? */
bool type_word_is_known(const char *word);

/* Is it one of this type's? */
bool gpt_type_is_called(const struct gpt_type *t, const char *word);
bool mbr_type_is_called(const struct mbr_type *t, const char *word);

/* Every alias, once, with ", " between. */
#define PART_TYPE_ALIASES                                                                          \
    "linux, root, usr, home, srv, var, tmp, user-home, swap, esp, xbootldr, bios, prep, lvm, "     \
    "raid, luks, msdata, msr, recovery, fat, extended"

#endif
