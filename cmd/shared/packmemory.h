/* SPDX-License-Identifier: MIT */
/* The option --memory=SIZE: how many threads packing may have. */
#ifndef CMD_SHARED_PACKMEMORY_H
#define CMD_SHARED_PACKMEMORY_H

#include <stdint.h>

#include "base/cli.h"
#include "engram/rules.h"
#include "engram/writer.h"

struct packmemory {
    uint64_t bytes;
    const char *given; /* as it was written */
};

extern const struct packmemory packmemory_default;

/* Take the option's argument; exits with a usage message unless it is a size. */
void packmemory_parse(struct packmemory *m, const struct cli *cli, const char *text);

/* As many threads as are wanted and as fit into the memory, beside a base (NULL: none); exits with
 * a usage message if not even one does. */
unsigned packmemory_threads(const struct packmemory *m, struct cli *cli, const struct rules *rules,
                            const struct engram_writer_base *base);

#endif
