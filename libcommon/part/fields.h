/* SPDX-License-Identifier: MIT */
/* The fields of sfdisk's scripts, one after the other. */
#ifndef PART_FIELDS_H
#define PART_FIELDS_H

#include <stdbool.h>

#include "base/fault.h"
#include "part/plan.h"

/*
 * Take the next field off *text, which is written to, and NULL once none is left: up to blanks, a
 * comma or a semicolon outside double quotes.  *key is what stands before its `=`, NULL without
 * one; *value has its quotes removed and \xHH decoded.  False if none is left; an empty field
 * between two commas is one.  FAULT_USAGE, in *f, sets *bad: quotes that do not end, an escape that
 * is none.
 */
bool part_field_next(char **text, char **key, char **value, bool *bad, struct fault *f);

/* Note one field's value in a wish.  FAULT_USAGE: an unknown key, a value that it cannot have. */
int part_wish_set(const struct part_plan *p, const char *key, const char *value,
                  struct part_wish *wish, struct fault *f);

#endif
