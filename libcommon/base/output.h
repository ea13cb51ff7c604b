/* SPDX-License-Identifier: MIT */
/* Where a command's product goes: standard output, or a file that appears whole or not at all. */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdbool.h>

#include "base/fault.h"

struct output;

/* What is to be written: binary data is not for terminals. */
enum output_kind { OUTPUT_BINARY, OUTPUT_ANY };

/*
 * Open the output.  path NULL is standard output, which is refused for OUTPUT_BINARY (FAULT_USAGE)
 * when it is a terminal.  Otherwise an unnamed temporary file in path's directory, which takes the
 * name path only in output_commit and vanishes with the process whatever ends it; where the file
 * system cannot do that, a named temporary file, removed by output_discard and on the signals that
 * users send.  A regular file that has the name is replaced: its permissions stay, its other hard
 * links keep the old content, and a symbolic link is followed.  Anything else that has the name is
 * FAULT_USAGE.  Open it after the input has proved itself.  At most one named output at a time.
 */
int output_open(const char *path, enum output_kind kind, struct output **out, struct fault *f);

/* The descriptor to write to; it stays owned by the output. */
int output_fd(const struct output *out);

/* "standard output" or the path. */
const char *output_name(const struct output *out);

/* Sync and rename into place; frees out, also on failure (then the file is gone). */
int output_commit(struct output *out, struct fault *f);

/* Drop it: no file is left behind.  NULL is allowed. */
void output_discard(struct output *out);

#endif
