/* SPDX-License-Identifier: MIT */
/* What an engram's bytes are spent on, printed: a table for people, or JSON. */
#ifndef CMD_SHARED_STATSVIEW_H
#define CMD_SHARED_STATSVIEW_H

#include <stdio.h>

#include "base/fault.h"
#include "engram/stats.h"

int statsview_table(const struct engram_stats *s, FILE *out, struct fault *f);

/* One object. */
void statsview_json(const struct engram_stats *s, FILE *out);

#endif
