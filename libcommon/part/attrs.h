/* SPDX-License-Identifier: MIT */
/* The attributes of a GPT entry in sfdisk's words. */
#ifndef PART_ATTRS_H
#define PART_ATTRS_H

#include <stdint.h>

#include "base/fault.h"

/* Room for the words of all 64 bits. */
enum { PART_ATTRS_BYTES = 256 };

/* The words for the bits that UEFI names, then "GUID:" and the numbers of those that belong to the
 * type; "" if no bit is set.  Bits 3 to 47, which UEFI reserves, have no word. */
void part_attrs_format(uint64_t attributes, char text[PART_ATTRS_BYTES]);

/* The reverse: words and numbers with spaces or commas between.  FAULT_USAGE names a word that is
 * none. */
int part_attrs_parse(const char *text, uint64_t *attributes, struct fault *f);

#endif
