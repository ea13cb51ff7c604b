/* SPDX-License-Identifier: MIT */
/* The label of an NTFS file system: an attribute of a record of its master file table. */
#include "probe/ntfs.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "probe/bpb.h"
#include "probe/names.h"

enum {
    RECORD_VOLUME = 3,
    RECORD_MIN = 512,
    RECORD_MAX = 4096,
    RECORD_SHIFT_MAX = 12,
    CLUSTER_SHIFT_MAX = 12, /* sectors per cluster */
    STRIDE = 512,           /* of the update sequence, whatever a sector's size */
};

enum {
    ATTRIBUTE_VOLUME_NAME = 0x60,
    ATTRIBUTE_END = -1,
    ATTRIBUTE_HEAD = 24, /* of a resident one */
    VOLUME_NAME_MAX = 256,
};

/* A count or, as the complement of a small number, a power of two; 0 if it is neither. */
static uint64_t sectors_per_cluster(uint32_t SecPerClus)
{
    if (SecPerClus <= 128)
        return SecPerClus;
    return 256 - SecPerClus <= CLUSTER_SHIFT_MAX ? UINT64_C(1) << (256 - SecPerClus) : 0;
}

/* Clusters or, if negative, a power of two; 0 if that cannot be. */
static uint64_t record_bytes(int8_t per_record, uint64_t cluster_bytes)
{
    uint64_t bytes = per_record >= 0                   ? (uint64_t)per_record * cluster_bytes
                     : -per_record <= RECORD_SHIFT_MAX ? UINT64_C(1) << -per_record
                                                       : 0;

    return is_power_of_2(bytes) && bytes >= RECORD_MIN && bytes <= RECORD_MAX ? bytes : 0;
}

/* Where record 3 is, and its size; false if nowhere. */
static bool locate(const uint8_t *boot, uint64_t *at, uint64_t *size)
{
    struct bpb b = bpb_decode(boot);
    uint64_t cluster_bytes = sectors_per_cluster(b.SecPerClus) * b.BytsPerSec;
    uint64_t mft_cluster = le64_at(boot + 48);

    *size = record_bytes((int8_t)boot[64], cluster_bytes);
    return *size > 0 && mul_u64(mft_cluster, cluster_bytes, at) &&
           add_u64(*at, RECORD_VOLUME * *size, at);
}

/* The last two bytes of each stride, which hold the number of the record's last write, are put
 * back; false if that is not possible or some stride was not written. */
static bool undo_update_sequence(uint8_t *record, uint64_t size)
{
    uint16_t offset = le16_at(record + 4);
    uint16_t count = le16_at(record + 6);
    const uint8_t *sequence = record + offset;

    if (count != size / STRIDE + 1 || !range_within(offset, 2 * count, STRIDE - 2))
        return false;
    for (unsigned i = 1; i < count; i++) {
        uint8_t *end = record + i * STRIDE - 2;

        if (memcmp(end, sequence, 2) != 0)
            return false;
        memcpy(end, sequence + 2 * i, 2);
    }
    return true;
}

/* Show the value of a volume name's attribute of `length` bytes. */
static void show_volume_name(const uint8_t *attribute, uint64_t length, char *label)
{
    bool resident = attribute[8] == 0;
    uint32_t value_length = le32_at(attribute + 16);
    uint16_t value_offset = le16_at(attribute + 20);

    if (resident && range_within(value_offset, value_length, length) &&
        value_length <= VOLUME_NAME_MAX)
        names_show(PROBE_UTF16LE, attribute + value_offset, value_length, label);
}

static void show_label(const uint8_t *record, uint64_t size, char *label)
{
    uint64_t at = le16_at(record + 20);
    uint64_t used = min_u64(le32_at(record + 24), size);

    while (range_within(at, ATTRIBUTE_HEAD, used)) {
        int32_t type = (int32_t)le32_at(record + at);
        uint32_t length = le32_at(record + at + 4);

        if (type == ATTRIBUTE_END || length < ATTRIBUTE_HEAD || !range_within(at, length, used))
            return;
        if (type == ATTRIBUTE_VOLUME_NAME) {
            show_volume_name(record + at, length, label);
            return;
        }
        at += length;
    }
}

int probe_ntfs_label(struct view *v, const struct probe_super *s, struct probe_names *n,
                     struct fault *f)
{
    uint8_t record[RECORD_MAX];
    uint64_t at, size;
    bool there;

    if (!locate(s->bytes, &at, &size))
        return 0;
    if (view_read(v, at, record, size, &there, f) < 0)
        return f->code;
    if (there && memcmp(record, "FILE", 4) == 0 && undo_update_sequence(record, size))
        show_label(record, size, n->label);
    return 0;
}
