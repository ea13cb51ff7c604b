/* SPDX-License-Identifier: MIT */
/* A descriptor read forward only, through a buffer. */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct stream;

/* Read from fd, which is borrowed.  name is for messages and must outlive the stream. */
int stream_open(int fd, const char *name, struct stream **out, struct fault *f);

/* The same over bytes in memory, which must outlive the stream. */
int stream_open_memory(const void *data, size_t len, const char *name, struct stream **out,
                       struct fault *f);

/*
 * Make at least `want` bytes (at most STREAM_BUFFER) visible at *bytes without taking them; *got is
 * how many there are, below want only at the end of the input.  Valid until the next call.
 */
enum { STREAM_BUFFER = 1 << 20 };
int stream_peek(struct stream *s, size_t want, const uint8_t **bytes, size_t *got, struct fault *f);

/* Take n bytes that the last peek showed. */
void stream_take(struct stream *s, size_t n);

/* Exactly len bytes into buffer; an end before that is FAULT_DAMAGED with the offset. */
int stream_read(struct stream *s, void *buffer, size_t len, struct fault *f);

/* How many bytes have been taken. */
uint64_t stream_offset(const struct stream *s);

/* NULL is allowed; fd stays open. */
void stream_close(struct stream *s);

#endif
