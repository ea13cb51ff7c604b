/* SPDX-License-Identifier: MIT */
/* Files that a command reads whole: scripts, boot code. */
#ifndef CMD_SHARED_SMALLFILE_H
#define CMD_SHARED_SMALLFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/* All of a file, or of what a fifo gives; the caller frees *bytes.  More than max bytes are
 * FAULT_USAGE.  Faults are about the path. */
int smallfile_read(const char *path, size_t max, uint8_t **bytes, size_t *length, struct fault *f);

#endif
