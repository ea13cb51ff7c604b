/* SPDX-License-Identifier: MIT */
/* The option --memory=SIZE: how many threads packing may have. */
#ifndef CMD_SHARED_PACKMEMORY_H
#define CMD_SHARED_PACKMEMORY_H

#include <stdint.h>

#include "base/cli.h"
#include "base/fault.h"
#include "engram/rules.h"

struct packmemory {
    uint64_t bytes;
    const char *given; /* as it was written */
};

extern const struct packmemory packmemory_default;

/* Take the option's argument; exits with a usage message unless it is a size. */
void packmemory_parse(struct packmemory *m, const struct cli *cli, const char *text);

/* As many threads as are wanted and as fit into the memory; FAULT_USAGE if not even one does. */
int packmemory_threads(const struct packmemory *m, unsigned wanted, const struct rules *rules,
                       unsigned *threads, struct fault *f);

#endif
