/* SPDX-License-Identifier: MIT */
/* Reads a rules file: engram-rules(5). */
#ifndef ENGRAM_RULES_PARSE_H
#define ENGRAM_RULES_PARSE_H

#include <stddef.h>

#include "base/fault.h"
#include "engram/rules.h"

/* Bytes of a rules file, and how many rules it may have: each is asked of each path. */
enum { RULES_BYTES_MAX = 1 << 20, RULES_MAX = 4096 };

/*
 * Make *r, which the caller frees with rules_free, of a text (borrowed, not kept).  A profile that
 * it does not mention has the settings of the built-in set "balanced".  What is wrong with it is
 * FAULT_USAGE, it being the user's own, and an unknown version FAULT_UNSUPPORTED; the message
 * starts with "line L, column C: ", and *r is empty then.
 */
int rules_parse(const char *text, size_t length, struct rules *r, struct fault *f);

#endif
