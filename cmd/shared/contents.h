/* SPDX-License-Identifier: MIT */
/* The operands FILE:FIELDS of a command that makes a disk: what goes into its partitions. */
#ifndef CMD_SHARED_CONTENTS_H
#define CMD_SHARED_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cli.h"
#include "base/fault.h"
#include "io/source.h"
#include "part/plan.h"
#include "shared/image.h"

struct content {
    struct source *source; /* NULL: blank space */
    char *name;            /* the operand's FILE; a wish's content_name may point to it */
};

/* One for each operand, and so for each of a plan's first wishes.  Starts all zero. */
struct contents {
    struct content *list;
    size_t count;
    bool stdin_used;
};

/*
 * Open all operands, raw or qcow2 as the options say.  Each adds a wish to the plan or, where they
 * have no fields, belongs to the one in its place; the wish is told how long its content is, but
 * for a pipe whose partition's size is given.  Sets cli->operand while it works.  contents_close
 * frees them, also after a failure.
 */
int contents_open(struct contents *c, struct cli *cli, const struct image_options *image,
                  bool have_fields, struct part_plan *p, struct fault *f);
void contents_close(struct contents *c);

#endif
