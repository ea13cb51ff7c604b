/* SPDX-License-Identifier: MIT */
/* Fuzzes part/'s planning: the input is a script (after a byte of choices); what comes out of it is
 * laid out, encoded, and read back. */
#include <stdlib.h>
#include <string.h>

#include "part/part.h"
#include "part/plan.h"

/* Larger disks are encoded, but not built to be read. */
enum { DISK_MAX = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct part_wish *find(const struct part_plan *p, unsigned number)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->wishes[i].number == number)
            return &p->wishes[i];
    abort();
}

/* The reader finds what was planned, and nothing to complain of: it refuses what overlaps or lies
 * outside. */
static void compare(const struct part_plan *p, const struct part_table *t)
{
    if (t->kind != p->kind || t->count != p->count || t->sector_size != p->sector_size)
        abort();
    for (size_t i = 0; i < t->count; i++) {
        const struct part_entry *e = &t->entries[i];
        const struct part_wish *w = find(p, e->number);

        if (e->start != w->start * p->sector_size || e->length != w->size * p->sector_size ||
            strcmp(e->name, w->name) != 0 || e->attributes != w->attributes ||
            !guid_equal(&e->uuid, &w->uuid) || !guid_equal(&e->type_guid, &w->type.guid) ||
            e->type_byte != w->type.byte)
            abort();
    }
}

static void complain(void *context, enum notice_kind kind, const char *subject, const char *text)
{
    (void)context;
    (void)subject;
    (void)text;
    if (kind == NOTICE_LOSS)
        abort();
}

static void read_back(const struct part_plan *p, const struct part_pieces *pieces)
{
    size_t size = (size_t)(p->sectors * p->sector_size);
    uint8_t *disk = calloc(1, size);
    const struct part_options options = {.sector_size = p->sector_size};
    const struct notices notices = {.say = complain};
    struct part_table *t = NULL;
    struct source *source = NULL;
    struct fault f;

    if (!disk)
        return;
    for (size_t i = 0; i < pieces->count; i++)
        memcpy(disk + pieces->pieces[i].offset, pieces->pieces[i].bytes, pieces->pieces[i].length);
    if (source_from_memory(disk, size, "fuzz", &source, &f) < 0 ||
        part_read(source, &options, &notices, &t, &f) < 0)
        abort();
    compare(p, t);
    part_table_free(t);
    source_close(source);
    free(disk);
}

/* What holds of every plan that is laid out. */
static void check(const struct part_plan *p)
{
    if (p->sectors > UINT64_MAX / p->sector_size)
        abort();
    if (p->kind == PART_GPT &&
        (p->first_lba > p->last_lba || p->last_lba >= p->sectors || p->entry_room < p->count))
        abort();
    for (size_t i = 0; i < p->count; i++)
        if (p->wishes[i].number == 0 || p->wishes[i].size == 0 ||
            p->wishes[i].start >= p->sectors || p->wishes[i].size > p->sectors - p->wishes[i].start)
            abort();
}

static void make(struct part_plan *p)
{
    struct part_pieces pieces;
    struct fault f;

    if (part_plan_lay_out(p, &f) < 0 || part_plan_identify(p, NULL, &f) < 0)
        return;
    check(p);
    if (part_plan_encode(p, NULL, 0, &pieces, &f) == 0) {
        for (size_t i = 1; i < pieces.count; i++)
            if (pieces.pieces[i].offset < pieces.pieces[i - 1].offset + pieces.pieces[i - 1].length)
                abort();
        if (p->sectors <= DISK_MAX / p->sector_size && !(p->kind == PART_MBR && p->count == 0))
            read_back(p, &pieces);
    }
    part_pieces_free(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct part_plan p;
    struct fault f;

    if (size == 0)
        return 0;
    part_plan_start(&p);
    if (data[0] & 1)
        p.kind = PART_MBR;
    if (data[0] & 2)
        p.sector_size = 4096;
    if (data[0] & 4)
        p.sectors = (uint64_t)(data[0] >> 3) << 8;
    if (part_plan_read_script(&p, (const char *)data + 1, size - 1, &f) == 0)
        make(&p);
    part_plan_free(&p);
    return 0;
}
