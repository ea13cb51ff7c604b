/* SPDX-License-Identifier: MIT */
/* What a file seems to be that was given in place of an engram or a manifest. */
#ifndef CMD_SHARED_MISTAKEN_H
#define CMD_SHARED_MISTAKEN_H

#include <stddef.h>

#include "base/fault.h"
#include "io/source.h"
#include "io/stream.h"

/* For a fault that a file which ought to be an engram could not be opened as one: say in it what
 * the file seems to be instead, and what reads that, if its first bytes tell; returns f->code. */
int mistaken_engram(struct source *file, struct fault *f);

/* The same of a manifest, of which nothing has been taken yet; otherwise, nothing is said. */
int mistaken_manifest(struct stream *from, struct fault *f);

#endif
