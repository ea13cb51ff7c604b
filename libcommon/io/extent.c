/* SPDX-License-Identifier: MIT */
/* The bytes of an extent, for those that move or cache them. */
#include "io/extent.h"

#include <string.h>

int extent_read(const struct extent *e, struct unpacker *u, uint64_t skip, void *buffer, size_t len,
                struct fault *f)
{
    const uint8_t *cluster;

    switch (e->kind) {
    case EXTENT_HOLE:
        memset(buffer, 0, len);
        return 0;
    case EXTENT_MEMORY:
        memcpy(buffer, e->memory + skip, len);
        return 0;
    case EXTENT_FILE:
        return hostfile_read(e->file.host, e->file.offset + skip, buffer, len, f);
    case EXTENT_PACKED:
        break;
    }
    if (!u)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "a compressed cluster whose packed bytes lie in a compressed cluster");
    if (unpacker_get(u, e, &cluster, f) < 0)
        return f->code;
    memcpy(buffer, cluster + e->packed.skip + skip, len);
    return 0;
}

int source_read_plain(struct source *s, uint64_t offset, void *buffer, size_t len, struct fault *f)
{
    uint8_t *to = buffer;
    struct extent e;

    for (; len; offset += e.length, to += e.length, len -= e.length)
        if (source_map(s, offset, len, &e, f) < 0 || extent_read(&e, NULL, 0, to, e.length, f) < 0)
            return f->code;
    return 0;
}
