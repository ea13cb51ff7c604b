/* SPDX-License-Identifier: MIT */
/* Labels and UUIDs as text. */
#include "probe/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/utf16.h"

_Static_assert(UTF8_ROOM(PROBE_FIELD_MAX / 2) <= PROBE_LABEL_BYTES, "a label fits");

enum { UUID_LENGTH = 16, LVM2_ID_LENGTH = 32 };

void names_trim(char *text)
{
    size_t length = strlen(text);

    while (length > 0 && strchr(" \t\n\v\f\r", text[length - 1]))
        length--;
    text[length] = '\0';
}

static void show_text(const uint8_t *bytes, size_t length, char *text)
{
    size_t used = strnlen((const char *)bytes, length);

    memcpy(text, bytes, used);
    text[used] = '\0';
    names_trim(text);
}

/* The bytes in this order, with a dash before those places whose bit is set. */
static void show_uuid(const uint8_t *b, const uint8_t order[UUID_LENGTH], unsigned dashes,
                      char *text)
{
    for (unsigned i = 0; i < UUID_LENGTH; i++) {
        if (dashes >> i & 1)
            *text++ = '-';
        snprintf(text, 3, "%02x", b[order[i]]);
        text += 2;
    }
}

/* Groups of 6, 4, 4, 4, 4, 4 and 6 characters. */
static void show_lvm2_id(const uint8_t *id, char *text)
{
    char *to = text;

    for (unsigned i = 0; i < LVM2_ID_LENGTH; i++) {
        if (i >= 6 && i % 4 == 2 && i < 30)
            *to++ = '-';
        *to++ = (char)id[i];
    }
    *to = '\0';
}

void names_show(enum probe_form form, const uint8_t *bytes, size_t length, char *text)
{
    static const uint8_t as_it_is[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t of_vmfs[] = {3, 2, 1, 0, 7, 6, 5, 4, 9, 8, 10, 11, 12, 13, 14, 15};
    uint32_t serial;

    text[0] = '\0';
    if (bytes_are_zero(bytes, length))
        return;
    switch (form) {
    case PROBE_TEXT:
        show_text(bytes, length, text);
        break;
    case PROBE_UTF16LE:
        utf16le_to_utf8(bytes, length / 2, text);
        names_trim(text);
        break;
    case PROBE_UUID:
        show_uuid(bytes, as_it_is, 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10, text);
        break;
    case PROBE_VMFS_UUID:
        show_uuid(bytes, of_vmfs, 1 << 4 | 1 << 8 | 1 << 10, text);
        break;
    case PROBE_LVM2_ID:
        show_lvm2_id(bytes, text);
        break;
    case PROBE_SERIAL_32:
        serial = le32_at(bytes);
        sprintf(text, "%04X-%04X", serial >> 16, serial & 0xffff);
        break;
    case PROBE_SERIAL_64:
        sprintf(text, "%016" PRIX64, le64_at(bytes));
        break;
    }
}

int names_read(struct view *v, uint64_t super, const struct probe_field *field, char *text,
               struct fault *f)
{
    uint8_t bytes[PROBE_FIELD_MAX];
    uint64_t at;
    bool there;

    text[0] = '\0';
    if (field->length == 0 || !add_u64(super, field->offset, &at))
        return 0;
    if (view_read(v, at, bytes, field->length, &there, f) < 0)
        return f->code;
    if (there)
        names_show(field->form, bytes, field->length, text);
    return 0;
}
