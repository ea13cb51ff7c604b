/* SPDX-License-Identifier: MIT */
/* Labels and UUIDs as text: fields of a superblock, and what the readers of other places share. */
#ifndef PROBE_NAMES_H
#define PROBE_NAMES_H

#include "probe/probe.h"
#include "probe/view.h"

/* How a field is shown.  One that is all zeros is never shown. */
enum probe_form {
    PROBE_TEXT,      /* bytes up to a NUL, without the white space at their end */
    PROBE_UTF16LE,   /* the same of UTF-16, made UTF-8 */
    PROBE_UUID,      /* 16 bytes in the order of their digits: "123e4567-e89b-12d3-..." */
    PROBE_VMFS_UUID, /* two numbers of 32 bits, one of 16, 6 bytes: "67452301-efcdab89-3210-..." */
    PROBE_LVM2_ID,   /* 32 characters: "6DoBLd-qXSO-..." */
    PROBE_SERIAL_32, /* little-endian: "12AB-34CD" */
    PROBE_SERIAL_64, /* little-endian: "0123456789ABCDEF" */
};

/* Where a name lies in its superblock. */
struct probe_field {
    enum probe_form form;
    uint32_t offset;
    uint32_t length; /* bytes, at most PROBE_FIELD_MAX; 0: there is no such name */
};

enum { PROBE_FIELD_MAX = 1024 };

/* Read a field of the superblock at `super` into text, which has room for what the form and the
 * length make of it, and is "" if the view ends before it does. */
int names_read(struct view *v, uint64_t super, const struct probe_field *field, char *text,
               struct fault *f);

/* Show length bytes in a form that takes so many; the same room. */
void names_show(enum probe_form form, const uint8_t *bytes, size_t length, char *text);

/* Take the white space from a text's end. */
void names_trim(char *text);

#endif
