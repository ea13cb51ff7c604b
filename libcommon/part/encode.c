/* SPDX-License-Identifier: MIT */
/* Partition tables as they are to stand on a disk. */
#include "part/encode.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "part/mbr_format.h"

int part_pieces_add(struct part_pieces *p, uint64_t offset, size_t length, uint8_t **bytes,
                    struct fault *f)
{
    struct part_piece *pieces =
        array_grow(p->pieces, p->count, &p->room, sizeof(*pieces), "a partition table", f);

    if (!pieces)
        return f->code;
    p->pieces = pieces;
    *bytes = calloc(1, length);
    if (!*bytes)
        return fault_memory(f, "a partition table", length);
    pieces[p->count++] = (struct part_piece){.offset = offset, .length = length, .bytes = *bytes};
    return 0;
}

void part_pieces_free(struct part_pieces *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->pieces[i].bytes);
    free(p->pieces);
    *p = (struct part_pieces){0};
}

static int by_offset(const void *a, const void *b)
{
    const struct part_piece *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

int part_plan_encode(const struct part_plan *p, const uint8_t *boot_code, size_t code_length,
                     struct part_pieces *out, struct fault *f)
{
    uint8_t *sector;

    *out = (struct part_pieces){0};
    if ((p->kind == PART_GPT ? gpt_encode(p, out, f) : mbr_encode(p, out, f)) < 0)
        return f->code;
    /* Both have put the master boot record first. */
    sector = out->pieces[0].bytes;
    if (code_length > 0)
        memcpy(sector, boot_code, code_length);
    if (p->kind == PART_MBR)
        put_le32(sector + MBR_UNIQUE_DISK_SIGNATURE, p->disk_signature);
    qsort(out->pieces, out->count, sizeof(*out->pieces), by_offset);
    return 0;
}
