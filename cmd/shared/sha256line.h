/* SPDX-License-Identifier: MIT */
/* The digests of an engram's files, as sha256sum prints them. */
#ifndef CMD_SHARED_SHA256LINE_H
#define CMD_SHARED_SHA256LINE_H

#include <stdbool.h>

#include "base/fault.h"
#include "engram/engram.h"

/*
 * The line that sha256sum would print for the ENTRY_FILE `file` if that had been unpacked here, at
 * `path`, which starts from the engram's root; with a NUL at its end and nothing escaped, as by its
 * option --zero, if `null`.  On a terminal the name is escaped as by other commands instead.  The
 * digest is the engram's own, but of a file with holes it is computed from its data.
 */
int sha256line_print(struct engram *g, const char *path, const struct engram_item *file, bool null,
                     struct fault *f);

#endif
