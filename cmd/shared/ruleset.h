/* SPDX-License-Identifier: MIT */
/* The rules that -r names: a built-in set, or a file. */
#ifndef CMD_SHARED_RULESET_H
#define CMD_SHARED_RULESET_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "engram/rules.h"

/* Starts all zero. */
struct ruleset {
    struct rules rules;
    const char *text; /* that they are made of */
    size_t length;
    const char *path; /* of the file; NULL: the set is built in */
    uint8_t *bytes;   /* private: of the file */
};

/* Open the built-in set of this name, or else the file (borrowed).  Faults are about the file. */
int ruleset_open(struct ruleset *s, const char *name, struct fault *f);

/* Free what it holds; also of one that was never opened. */
void ruleset_close(struct ruleset *s);

#endif
