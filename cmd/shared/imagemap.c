/* SPDX-License-Identifier: MIT */
/* Where the bytes of a disk are, as JSON: what `qemu-img map --output=json` prints. */
#include "shared/imagemap.h"

#include <inttypes.h>
#include <stdbool.h>

#include "io/source.h"
#include "qcow2/place.h"

/* One object of the map; QEMU's words. */
struct entry {
    uint64_t start;
    uint64_t length;
    size_t depth;
    bool present;
    bool zero;
    bool data;
    bool compressed;
    bool has_offset;
    uint64_t offset;
};

static const char *word(bool b)
{
    return b ? "true" : "false";
}

static void print_entry(FILE *out, const struct entry *e)
{
    fprintf(out,
            "{ \"start\": %" PRIu64 ", \"length\": %" PRIu64
            ", \"depth\": %zu, \"present\": %s, \"zero\": %s, \"data\": %s, \"compressed\": %s",
            e->start, e->length, e->depth, word(e->present), word(e->zero), word(e->data),
            word(e->compressed));
    if (e->has_offset)
        fprintf(out, ", \"offset\": %" PRIu64, e->offset);
    fputc('}', out);
}

/* What lies in a file: where the host knows of a hole, it reads as zeros. */
static int describe_data(struct qcow2_chain *chain, const struct qcow2_place *place,
                         struct entry *e, struct fault *f)
{
    struct extent x;

    if (qcow2_place_map(chain, place, e->start, &x, f) < 0)
        return f->code;
    e->length = x.length;
    e->zero = x.kind == EXTENT_HOLE;
    return 0;
}

/* A raw file is present everywhere; where it has a hole, it has no data. */
static int describe_raw(struct qcow2_chain *chain, const struct qcow2_place *place, struct entry *e,
                        struct fault *f)
{
    e->present = true;
    e->has_offset = true;
    e->offset = place->host_offset;
    if (describe_data(chain, place, e, f) < 0)
        return f->code;
    e->data = !e->zero;
    return 0;
}

static int describe(struct qcow2_chain *chain, const struct qcow2_place *place, struct entry *e,
                    struct fault *f)
{
    e->depth = place->depth;
    e->length = place->length;
    if (place->raw)
        return describe_raw(chain, place, e, f);
    e->present = place->kind != QCOW2_UNALLOCATED;
    e->data = place->kind == QCOW2_DATA || place->kind == QCOW2_COMPRESSED;
    e->zero = !e->data;
    e->compressed = place->kind == QCOW2_COMPRESSED;
    e->has_offset = place->allocated && !e->compressed;
    e->offset = place->host_offset;
    return place->kind == QCOW2_DATA ? describe_data(chain, place, e, f) : 0;
}

static bool follows(const struct entry *e, const struct entry *next)
{
    return e->depth == next->depth && e->present == next->present && e->zero == next->zero &&
           e->data == next->data && e->compressed == next->compressed &&
           e->has_offset == next->has_offset &&
           (!e->has_offset || e->offset + e->length == next->offset);
}

int imagemap_print(FILE *out, struct qcow2_chain *chain, struct fault *f)
{
    uint64_t size = chain->layers[0]->size;
    struct entry e = {0};
    struct qcow2_place place;

    fputc('[', out);
    for (uint64_t at = 0; at < size && !ferror(out);) {
        struct entry next = {.start = at};

        if (qcow2_place_find(chain, at, size - at, &place, f) < 0 ||
            describe(chain, &place, &next, f) < 0)
            return f->code;
        at += next.length;
        if (e.length > 0 && follows(&e, &next)) {
            e.length += next.length;
            continue;
        }
        if (e.length > 0) {
            print_entry(out, &e);
            fputs(",\n", out);
        }
        e = next;
    }
    print_entry(out, &e); /* of an empty disk one that is empty, as QEMU prints it */
    fputs("]\n", out);
    return 0;
}
