/* SPDX-License-Identifier: MIT */
/* Which image of a chain has what, and where. */
#include "qcow2/place.h"

#include "base/checked.h"

/* What one image says of up to *length bytes; *length becomes how far that goes.  A raw image knows
 * everything, one that ends before offset has zeros (its overlay's, says the caller). */
static int find_in_layer(struct qcow2_layer *l, uint64_t offset, struct qcow2_place *out,
                         struct fault *f)
{
    struct qcow2_run run;
    uint64_t skip;

    out->length = min_u64(out->length, l->size - offset);
    out->raw = l->raw;
    out->host_offset = offset;
    if (l->raw)
        return 0;
    if (qcow2_table_find(&l->table, offset, out->length, &run, f) < 0)
        return f->code;
    skip = offset - run.start;
    out->kind = run.kind;
    out->allocated = run.allocated;
    out->length = min_u64(out->length, run.length - skip);
    out->packed_max = run.packed_max;
    out->skip = run.kind == QCOW2_COMPRESSED ? (uint32_t)skip : 0;
    out->host_offset = run.kind == QCOW2_COMPRESSED ? run.host_offset : run.host_offset + skip;
    return 0;
}

int qcow2_place_find(struct qcow2_chain *chain, uint64_t offset, uint64_t length,
                     struct qcow2_place *out, struct fault *f)
{
    *out = (struct qcow2_place){.length = length};
    for (size_t i = 0; i < chain->count; i++) {
        struct qcow2_layer *l = chain->layers[i];

        /* An image that is shorter than the one in front of it: that one has zeros there. */
        if (offset >= l->size)
            return 0;
        out->depth = i;
        if (find_in_layer(l, offset, out, f) < 0)
            return fault_about(f, l->lower->name);
        if (out->raw || out->kind != QCOW2_UNALLOCATED)
            return 0;
    }
    return 0;
}

/*
 * A file may end within its last cluster, but only behind what the guest disk has of it: the
 * missing bytes would have to be made up.  What is there is answered for first.
 */
static int map_data(struct qcow2_layer *l, const struct qcow2_place *place, uint64_t offset,
                    struct extent *out, struct fault *f)
{
    const struct qcow2_data *data = &l->table.data;
    uint64_t at = place->host_offset;

    if (at >= data->size)
        return fault_set(f, FAULT_DAMAGED,
                         "the cluster of guest offset 0x%llx lies at 0x%llx, and the %s ends "
                         "within it (%llu bytes)",
                         ull(offset & ~(l->header.cluster_size - 1)),
                         ull(at & ~(l->header.cluster_size - 1)),
                         data->external ? "data file" : "file", ull(data->size));
    return source_map(data->external ? l->external : l->lower, at,
                      min_u64(place->length, data->size - at), out, f);
}

int qcow2_place_map(struct qcow2_chain *chain, const struct qcow2_place *place, uint64_t offset,
                    struct extent *out, struct fault *f)
{
    struct qcow2_layer *l = chain->layers[place->depth];
    int code = place->raw ? source_map(l->lower, place->host_offset, place->length, out, f)
                          : map_data(l, place, offset, out, f);

    return code < 0 ? fault_about(f, l->lower->name) : 0;
}
