/* SPDX-License-Identifier: MIT */
/* The names of an ISO 9660 file system: fields of its volume descriptors (ECMA-119, 8). */
#include "probe/iso9660.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "probe/names.h"

enum {
    SECTOR_BYTES = 2048,
    DESCRIPTORS_MAX = 17,
    HEAD_BYTES = 847, /* of a descriptor, up to what is looked at last */
    PRIMARY = 1,
    SUPPLEMENTARY = 2,
    TERMINATOR = 255,
    VOLUME_ID_BYTES = 32,
    DIGITS = 16, /* of a date and time */
};

/* Offsets in a descriptor. */
enum { VOLUME_ID = 40, ESCAPE_SEQUENCES = 88, CREATION = 813, MODIFICATION = 830 };

/* Digits of year, month, day, hour, minute, second and hundredth, and a byte for the time zone.
 * A time that is not given is zeros. */
static bool is_given(const uint8_t *time)
{
    bool zeros = time[DIGITS] == 0;

    for (unsigned i = 0; i < DIGITS; i++) {
        if (time[i] < '0' || time[i] > '9')
            return false;
        zeros = zeros && time[i] == '0';
    }
    return !zeros;
}

static void show_time(const uint8_t *descriptor, char *text)
{
    const char *t = (const char *)descriptor + MODIFICATION;

    if (!is_given(descriptor + MODIFICATION))
        t = (const char *)descriptor + CREATION;
    if (is_given((const uint8_t *)t))
        sprintf(text, "%.4s-%.2s-%.2s-%.2s-%.2s-%.2s-%.2s", t, t + 4, t + 6, t + 8, t + 10, t + 12,
                t + 14);
}

/* UCS-2 of level 1, 2 or 3, big-endian. */
static bool is_joliet(const uint8_t *descriptor)
{
    const uint8_t *sequence = descriptor + ESCAPE_SEQUENCES;

    return descriptor[0] == SUPPLEMENTARY && memcmp(sequence, "%/", 2) == 0 &&
           (sequence[2] == '@' || sequence[2] == 'C' || sequence[2] == 'E');
}

/* Joliet's identifier has half as many characters: it may be no more than the other's start. */
static bool is_start_of(const uint8_t *joliet_id, const uint8_t *volume_id)
{
    for (unsigned i = 0; i < VOLUME_ID_BYTES / 2; i++)
        if (be16_at(joliet_id + 2 * i) != volume_id[i])
            return false;
    return true;
}

static void show_joliet(const uint8_t *joliet_id, const uint8_t *volume_id, char *label)
{
    if (is_start_of(joliet_id, volume_id))
        return;
    utf16be_to_utf8(joliet_id, VOLUME_ID_BYTES / 2, label);
    names_trim(label);
}

int probe_iso9660_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                        struct fault *f)
{
    uint8_t volume_id[VOLUME_ID_BYTES] = {0};

    for (uint64_t i = 0; i < DESCRIPTORS_MAX; i++) {
        uint8_t d[HEAD_BYTES];
        bool there;

        if (view_read(v, s->offset + i * SECTOR_BYTES, d, sizeof(d), &there, f) < 0)
            return f->code;
        if (!there || d[0] == TERMINATOR || memcmp(d + 1, "CD001", 5) != 0)
            return 0;
        if (d[0] == PRIMARY && !n->uuid[0] && !n->label[0]) {
            memcpy(volume_id, d + VOLUME_ID, sizeof(volume_id));
            names_show(PROBE_TEXT, volume_id, sizeof(volume_id), n->label);
            show_time(d, n->uuid);
        }
        if (is_joliet(d)) {
            show_joliet(d + VOLUME_ID, volume_id, n->label);
            return 0;
        }
    }
    return 0;
}
