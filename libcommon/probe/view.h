/* SPDX-License-Identifier: MIT */
/* What can be looked at of a device: all of it or, of a pipe, its head. */
#ifndef PROBE_VIEW_H
#define PROBE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/reader.h"
#include "io/source.h"

struct view {
    struct reader *reader;
    uint64_t size; /* bytes that can be looked at */
    bool whole;    /* they are all that the device has */
};

/* Borrows the device.  After a failure there is nothing to close. */
int view_open(struct source *device, struct view *v, struct fault *f);

/* Exactly length bytes, if the view has them: *there says so.  Only a read that fails is a fault.
 */
int view_read(struct view *v, uint64_t offset, void *buffer, size_t length, bool *there,
              struct fault *f);

void view_close(struct view *v);

#endif
