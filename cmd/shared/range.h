/* SPDX-License-Identifier: MIT */
/* The option --range=OFF+LEN: bytes of a disk or a file, as the commands that write them share it.
 */
#ifndef CMD_SHARED_RANGE_H
#define CMD_SHARED_RANGE_H

#include "base/cli.h"
#include "io/source.h"

struct range {
    uint64_t offset; /* bytes from the start */
    uint64_t length; /* bytes */
};

enum { RANGE_KEY = 1300 };

/* For the option tables. */
#define RANGE_OPTION(help)                                                                         \
    {                                                                                              \
        RANGE_KEY, "range", "OFF+LEN", help                                                        \
    }

/* Take the option's argument: "OFF+LEN", as extents are written in a manifest.  Exits with a usage
 * message unless that is two numbers whose sum is below 2^64. */
void range_parse(struct range *range, const struct cli *cli, const char *text);

/* 0, or FAULT_USAGE if the range passes the end of the disk; of a pipe that is not known yet. */
int range_check(const struct range *range, const struct source *disk, struct fault *f);

#endif
