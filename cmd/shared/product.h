/* SPDX-License-Identifier: MIT */
/* What a command makes: its output with the sink that leads there, and the progress on the way. */
#ifndef CMD_SHARED_PRODUCT_H
#define CMD_SHARED_PRODUCT_H

#include <stdint.h>
#include <stdio.h>

#include "base/cli.h"
#include "base/fault.h"
#include "base/output.h"
#include "base/progress.h"
#include "io/sink.h"

/* Starts all zero; the command writes to sink and adds to progress. */
struct product {
    struct output *output;
    struct sink *sink;
    struct progress progress;
    FILE *text; /* private, as what follows */
    char *text_bytes;
    size_t text_length;
};

/* FAULT_USAGE if the finished output would take the place of a file that it is made from; input
 * NULL is standard input. */
int product_refuse_input(const struct cli *cli, const char *input, struct fault *f);

/* Open what -o named, or standard output, and start the progress (total in bytes, 0 if unknown).
 * To be called once the input has proved itself; an output that is the run's one input (cli_input)
 * itself is FAULT_USAGE. */
int product_open(struct product *p, const struct cli *cli, enum output_kind kind, uint64_t total,
                 struct fault *f);

/* For a product that is text: what is printed to the stream (NULL: no memory) goes to the sink with
 * product_text_end, which closes it. */
FILE *product_text(struct product *p, struct fault *f);
int product_text_end(struct product *p, struct fault *f);

/*
 * The end of the making, which ended with `code`: if that is 0, everything is written out and put
 * in place; if not, nothing is kept.  Returns code, or what failed here.
 */
int product_finish(struct product *p, int code, struct fault *f);

/* Free what is left of it, also of one that was never opened. */
void product_close(struct product *p);

#endif
