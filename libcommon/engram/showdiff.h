/* SPDX-License-Identifier: MIT */
/* Differences of two engrams as commands print them: for people, as names alone, and as JSON. */
#ifndef ENGRAM_SHOWDIFF_H
#define ENGRAM_SHOWDIFF_H

#include <stdio.h>

#include "engram/diff.h"

/* A line: "+ PATH", "- PATH" or "~ PATH: FIELD, FIELD A -> B, ...".  Bytes that are no text are
 * escaped (text_put_escaped). */
void showdiff_line(FILE *out, const struct engram_difference *d);

/* The path as it is, with '+', '-' or '~' before it and a NUL after it. */
void showdiff_name(FILE *out, const struct engram_difference *d);

/* A JSON object in a line; values as those of show_json (manifest/show.h). */
void showdiff_json(FILE *out, const struct engram_difference *d);

#endif
