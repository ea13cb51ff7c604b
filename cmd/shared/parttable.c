/* SPDX-License-Identifier: MIT */
/* Partition tables as commands open them: where there is none, they say what there is instead. */
#include "shared/parttable.h"

#include <stdio.h>
#include <string.h>

#include "probe/probe.h"

int parttable_read(struct source *disk, const struct image_options *options,
                   const struct notices *notices, struct part_table **out, struct fault *f)
{
    int code = part_read(disk, &options->part, notices, out, f);
    const struct probe_answer *whole;
    struct fault ignored;
    size_t used;

    if (code == FAULT_DAMAGED && image_is_qcow2(disk))
        return fault_set(f, code, "no partition table, but a qcow2 image (-f qcow2 reads it)");
    if (code != FAULT_DAMAGED || probe_device(disk, &whole, NULL, &ignored) < 0 || !whole)
        return code;
    used = strlen(f->text);
    snprintf(f->text + used, sizeof(f->text) - used, "; the disk as a whole holds %s%s",
             whole->title, options->partition ? " (leave out -p)" : "");
    return code;
}
