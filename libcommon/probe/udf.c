/* SPDX-License-Identifier: MIT */
/* Looks for UDF among the descriptors that a disc starts with. */
#include "probe/udf.h"

#include <string.h>

/* The descriptors lie one after the other, each in 2048 bytes or, where the sectors are larger, in
 * one of those. */
enum {
    SEQUENCE_OFFSET = 32768,
    DESCRIPTOR_BYTES = 2048,
    SECTOR_BYTES_MAX = 32768,
    DESCRIPTORS_MAX = 64,
    HEAD_BYTES = 7, /* of a descriptor: structure type, standard identifier, version */
};

enum kind { KIND_END, KIND_OTHER, KIND_BEGIN, KIND_UDF };

static enum kind kind_of(const uint8_t *head)
{
    static const struct {
        char id[6];
        enum kind kind;
    } known[] = {
        {"BEA01", KIND_BEGIN}, {"NSR02", KIND_UDF},   {"NSR03", KIND_UDF},
        {"CD001", KIND_OTHER}, {"CDW02", KIND_OTHER}, {"BOOT2", KIND_OTHER},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (memcmp(head + 1, known[i].id, 5) == 0)
            return known[i].kind;
    return KIND_END;
}

/* UDF's descriptor counts only within an extended area, which BEA01 begins. */
static int walk(struct view *v, uint32_t step, bool *is, struct fault *f)
{
    bool begun = false;

    *is = false;
    for (uint64_t i = 0; i < DESCRIPTORS_MAX && !*is; i++) {
        uint8_t head[HEAD_BYTES];
        bool there;
        enum kind kind;

        if (view_read(v, SEQUENCE_OFFSET + i * step, head, sizeof(head), &there, f) < 0)
            return f->code;
        kind = there ? kind_of(head) : KIND_END;
        if (kind == KIND_END)
            break;
        begun |= kind == KIND_BEGIN;
        *is = begun && kind == KIND_UDF;
    }
    return 0;
}

int probe_look_udf(struct view *v, bool *is, struct fault *f)
{
    *is = false;
    for (uint32_t step = DESCRIPTOR_BYTES; step <= SECTOR_BYTES_MAX && !*is; step *= 2)
        if (walk(v, step, is, f) < 0)
            return f->code;
    return 0;
}
