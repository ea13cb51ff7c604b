/* SPDX-License-Identifier: MIT */
/* Where moved bytes go: a pipe, a sparse file, or a callback. */
#ifndef IO_SINK_H
#define IO_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct sink;

/* A descriptor that takes bytes in order: data is gathered in a buffer, holes are written as zeros.
 * fd is borrowed; name is for messages and must outlive the sink. */
int sink_to_pipe(int fd, const char *name, struct sink **out, struct fault *f);

/* A regular file that is empty from its current position on: holes are skipped, and the length is
 * set by sink_finish.  fd is borrowed. */
int sink_to_sparse_file(int fd, const char *name, struct sink **out, struct fault *f);

/* sink_to_sparse_file if fd is a regular file, opened not for appending, with nothing after its
 * position; else sink_to_pipe. */
int sink_to_fd(int fd, const char *name, struct sink **out, struct fault *f);

/* A callback for data, called in order; holes arrive as zero pages unless hole is given. */
struct sink_callbacks {
    int (*data)(void *context, const void *bytes, size_t len, struct fault *f);
    int (*hole)(void *context, uint64_t length, struct fault *f);
};
int sink_to_callback(const struct sink_callbacks *callbacks, void *context, struct sink **out,
                     struct fault *f);

/* Nowhere: for what is made only to see that it can be, or how long it gets. */
int sink_to_nowhere(struct sink **out, struct fault *f);

/* The next bytes.  FAULT_READER_GONE when a pipe's reader has closed it. */
int sink_data(struct sink *s, const void *bytes, size_t len, struct fault *f);

/* The next length bytes are zeros. */
int sink_hole(struct sink *s, uint64_t length, struct fault *f);

/* Do holes cost less than zeros here? */
bool sink_keeps_holes(const struct sink *s);

/* Everything has been given: write out what is buffered, set the length of a sparse file. */
int sink_finish(struct sink *s, struct fault *f);

/* Free it without finishing.  NULL is allowed. */
void sink_close(struct sink *s);

#endif
