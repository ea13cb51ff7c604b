/* SPDX-License-Identifier: MIT */
/* What the partitions of a disk hold. */
#include "shared/holdings.h"

#include "base/checked.h"
#include <stdlib.h>

/* As much of a partition as the disk has. */
static int look_into(struct source *disk, const struct part_entry *e, struct part_holding *h,
                     struct probe_names *names, struct fault *f)
{
    const struct probe_answer *answer;
    struct source *s;
    int code;

    if (e->start >= disk->size ||
        source_slice_borrowed(disk, e->start, min_u64(e->length, disk->size - e->start), &s, f) < 0)
        return e->start >= disk->size ? 0 : f->code;
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
    out->list = calloc(t->count + 1, sizeof(*out->list));
    out->names = calloc(t->count + 1, sizeof(*out->names));
    if (!out->list || !out->names)
        return fault_memory(f, "what partitions hold",
                            t->count * (sizeof(*out->list) + sizeof(*out->names)));
    for (size_t i = 0; i < t->count; i++) {
        const struct part_entry *e = &t->entries[i];

        if (e->extended || e->length == 0)
            continue;
        if (look_into(disk, e, &out->list[i], &out->names[i], f) < 0)
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
