/* SPDX-License-Identifier: MIT */
/* What the partitions of a disk hold. */
#include "shared/holdings.h"

#include <stdlib.h>

#include "base/checked.h"

/* Nobody has more partitions than Linux has device numbers for; a table from a stranger may have
 * thousands, each of which would take time. */
enum { LOOKED_INTO_MAX = 256 };

/* As much of a partition as the disk has. */
static int look_into(struct source *disk, const struct part_entry *e, struct part_holding *h,
                     struct probe_names *names, struct fault *f)
{
    const struct probe_answer *answer;
    struct source *s;
    int code;

    if (e->start >= disk->size)
        return 0;
    if (source_slice_borrowed(disk, e->start, min_u64(e->length, disk->size - e->start), &s, f) < 0)
        return f->code;
    code = probe_device(s, &answer, names, f);
    source_close(s);
    if (code < 0 || !answer)
        return code;
    *h = (struct part_holding){
        .fstype = answer->type, .fslabel = names->label, .fsuuid = names->uuid};
    return 0;
}

int holdings_find(struct source *disk, const struct part_table *t, const struct notices *notices,
                  struct holdings *out, struct fault *f)
{
    size_t count = min_u64(t->count, LOOKED_INTO_MAX);

    out->list = calloc(t->count + 1, sizeof(*out->list));
    out->names = calloc(count + 1, sizeof(*out->names));
    if (!out->list || !out->names)
        return fault_memory(f, "what partitions hold",
                            t->count * sizeof(*out->list) + count * sizeof(*out->names));
    if (count < t->count)
        notice(notices, NOTICE_INFO, NULL,
               "what the partitions hold is looked at for the first %zu of %zu", count, t->count);
    for (size_t i = 0; i < count; i++) {
        const struct part_entry *e = &t->entries[i];

        if (e->extended || e->length == 0)
            continue;
        if (look_into(disk, e, &out->list[i], &out->names[i], f) == 0)
            continue;
        if (f->code == FAULT_SYSTEM)
            return f->code;
        notice(notices, NOTICE_LOSS, f->subject, "what partition %u holds cannot be read: %s",
               e->number, f->text);
    }
    return 0;
}

void holdings_free(struct holdings *h)
{
    free(h->list);
    free(h->names);
}
