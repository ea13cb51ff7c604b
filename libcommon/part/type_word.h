/* SPDX-License-Identifier: MIT */
/* Partition types by the words that people write for them. */
#ifndef PART_TYPE_WORD_H
#define PART_TYPE_WORD_H

#include "base/fault.h"
#include "part/part.h"

/* A type of either kind of table: of the two only the one that the table has is set. */
struct part_type {
    struct guid guid; /* GPT */
    uint8_t byte;     /* MBR */
};

/*
 * The one type that a word means in a table of this kind: a GUID or a type byte in hexadecimal
 * ("83", "0x83"); one of sfdisk's letters (L S E X U H R V); an alias or a name of part/types.h;
 * or, where an alias is that of several architectures, "root-x86-64".  FAULT_USAGE: no type is
 * called so, and which ones nearly are; or several are, and how to tell them apart.
 */
int part_type_parse(enum part_kind kind, const char *word, struct part_type *type, struct fault *f);

#endif
