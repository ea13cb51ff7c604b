/* SPDX-License-Identifier: MIT */
/* Fuzzes probe/.  Input: pieces of a device of zeros, each an offset (4 bytes) and a length (2
 * bytes), little-endian, and then the bytes; the last may be cut short.  The first piece has no
 * bytes: its offset is the device's size. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "probe/probe.h"

/* The farthest mark lies at 2 MiB. */
enum { DEVICE_MAX = (2 << 20) + (64 << 10), PIECE_HEAD = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct probe_answer *probe(const uint8_t *device, size_t size,
                                        struct probe_names *names)
{
    const struct probe_answer *answer = NULL;
    struct source *s;
    struct fault f;

    if (source_from_memory(device, size, "fuzz", &s, &f) < 0)
        return NULL;
    if (probe_device(s, &answer, names, &f) < 0)
        abort(); /* memory can always be read */
    source_close(s);
    return answer;
}

/* What lies past the device's end is dropped. */
static void put_pieces(uint8_t *device, size_t device_size, const uint8_t *data, size_t size)
{
    while (size > PIECE_HEAD) {
        uint32_t offset = le32_at(data);
        size_t length = min_u64(le16_at(data + 4), size - PIECE_HEAD);

        data += PIECE_HEAD;
        if (offset < device_size)
            memcpy(device + offset, data, min_u64(length, device_size - offset));
        data += length;
        size -= PIECE_HEAD + length;
    }
}

static void check(const uint8_t *device, size_t size)
{
    struct probe_names first, again;
    const struct probe_answer *answer;

    memset(&first, 'x', sizeof(first));
    answer = probe(device, size, &first);
    if (answer && (answer->type[0] == '\0' || answer->title[0] == '\0'))
        abort();
    if (strnlen(first.label, sizeof(first.label)) == sizeof(first.label) ||
        strnlen(first.uuid, sizeof(first.uuid)) == sizeof(first.uuid))
        abort();
    if (!answer && (first.label[0] || first.uuid[0]))
        abort();
    if (probe(device, size, &again) != answer || strcmp(first.label, again.label) != 0 ||
        strcmp(first.uuid, again.uuid) != 0)
        abort();
    if (probe(device, size, NULL) != answer)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t device_size;
    uint8_t *device;

    if (size < PIECE_HEAD || (device_size = le32_at(data)) == 0 || device_size > DEVICE_MAX ||
        !(device = calloc(1, device_size)))
        return 0;
    put_pieces(device, device_size, data + PIECE_HEAD, size - PIECE_HEAD);
    check(device, device_size);
    free(device);
    return 0;
}
