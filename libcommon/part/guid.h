/* SPDX-License-Identifier: MIT */
/* GUIDs in the byte order of EFI (UEFI 2.10, appendix A): the first three fields little-endian. */
#ifndef PART_GUID_H
#define PART_GUID_H

#include <stdbool.h>
#include <stdint.h>

struct guid {
    uint8_t bytes[16]; /* as on disk */
};

/* 36 characters and a NUL. */
enum { GUID_TEXT_BYTES = 37 };

/* Upper-case text: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B". */
void guid_format(const struct guid *g, char text[GUID_TEXT_BYTES]);

/* The reverse, either case; false if text is not exactly a GUID. */
bool guid_parse(const char *text, struct guid *g);

bool guid_equal(const struct guid *a, const struct guid *b);

/* All zero: an entry that is not in use. */
bool guid_is_zero(const struct guid *g);

#endif
