/* SPDX-License-Identifier: MIT */
/* Bounded looks at a device. */
#include "probe/view.h"

#include <stdlib.h>

#include "base/checked.h"

/* Holds all marks that lie near the start, the last of which is ZFS's at the end of the first 128
 * KiB, and a superblock behind it. */
enum { HEAD_BYTES = (128 + 4) << 10 };

/* A pipe keeps its head once it was read, so that the reader finds it there. */
static int read_head(struct source *pipe, struct view *v, struct fault *f)
{
    uint8_t *head = malloc(HEAD_BYTES);
    size_t got;
    int code;

    if (!head)
        return fault_memory(f, "the head of a pipe", HEAD_BYTES);
    code = source_head(pipe, head, HEAD_BYTES, &got, f);
    free(head);
    if (code == 0)
        *v = (struct view){.size = got, .whole = pipe->size == got};
    return code;
}

int view_open(struct source *device, struct view *v, struct fault *f)
{
    *v = (struct view){.size = device->size, .whole = true};
    if (device->kept && read_head(device, v, f) < 0)
        return f->code;
    return reader_open(device, 1, &v->reader, f);
}

int view_read(struct view *v, uint64_t offset, void *buffer, size_t length, bool *there,
              struct fault *f)
{
    *there = range_within(offset, length, v->size);
    return *there ? reader_read(v->reader, offset, buffer, length, f) : 0;
}

void view_close(struct view *v)
{
    reader_close(v->reader);
}
