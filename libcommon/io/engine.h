/* SPDX-License-Identifier: MIT */
/* The engine: moves the bytes of a source to a sink. */
#ifndef IO_ENGINE_H
#define IO_ENGINE_H

#include <stdint.h>

#include "base/fault.h"
#include "base/progress.h"
#include "io/sink.h"
#include "io/source.h"

struct engine;

/* Buffers and clusters in flight; bounded, whatever is moved. One
 * thread drives it. */
int engine_open(struct engine **out, struct fault *f);

/* Move [offset, offset + length) of a source to a sink, in order, holes as holes.  progress may be
 * NULL.  The sink is not finished: more may follow. */
int engine_move(struct engine *e, struct source *from, uint64_t offset, uint64_t length,
                struct sink *to, struct progress *progress, struct fault *f);

/*
 * Move a pipe source (or any other) from offset on, without keeping what is still to come from the
 * pipe: up to length bytes; length SIZE_UNKNOWN: to its end.  A pipe that ends before a known
 * length is FAULT_DAMAGED.  The source can be mapped no further after this.
 */
int engine_stream(struct engine *e, struct source *from, uint64_t offset, uint64_t length,
                  struct sink *to, struct progress *progress, struct fault *f);

/* NULL is allowed. */
void engine_close(struct engine *e);

#endif
