/* SPDX-License-Identifier: MIT */
/* Where file data is cut into chunks: after every LAYOUT_CHUNK_MAX bytes, whatever they are. */
#include "engram/chunker.h"

#include "engram/layout.h"

size_t chunker_cut(const uint8_t *bytes, size_t length, _Bool final)
{
    (void)bytes;
    if (length >= LAYOUT_CHUNK_MAX)
        return LAYOUT_CHUNK_MAX;
    return final ? length : 0;
}
