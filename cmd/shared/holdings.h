/* SPDX-License-Identifier: MIT */
/* What the partitions of a disk hold. */
#ifndef CMD_SHARED_HOLDINGS_H
#define CMD_SHARED_HOLDINGS_H

#include "base/cli.h"
#include "base/fault.h"
#include "io/source.h"
#include "part/part.h"
#include "part/show.h"
#include "probe/probe.h"

struct holdings {
    struct part_holding *list; /* one for each entry of the table */
    struct probe_names *names; /* what the list points to */
};

/*
 * Look into the partitions of a disk that is no pipe, the first 256 if there are more.  One that
 * is damaged so that it cannot be read is told of (NOTICE_LOSS), and its holding is empty, as that
 * of one in which nothing known is found.
 * holdings_free frees what *out then holds, also after a failure.
 */
int holdings_find(struct source *disk, const struct part_table *t, const struct notices *notices,
                  struct holdings *out, struct fault *f);
void holdings_free(struct holdings *h);

#endif
