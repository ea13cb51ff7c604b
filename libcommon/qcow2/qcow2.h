/* SPDX-License-Identifier: MIT */
/* Images in the qcow2 format with their backing chains: a source of the guest's disk. */
#ifndef QCOW2_QCOW2_H
#define QCOW2_QCOW2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/source.h"

/* How many images a chain may have, the outermost included. */
enum { QCOW2_CHAIN_MAX = 200 };

/* How many bytes at the start of a file qcow2_detect looks at. */
enum { QCOW2_MAGIC_BYTES = 4 };

/* True if a file that starts with these bytes calls itself a qcow2 image. */
bool qcow2_detect(const uint8_t *head, size_t len);

/* All zero is the default.  Everything it points to must outlive the image. */
struct qcow2_options {
    const char *snapshot;            /* NULL: the disk as it is; else a snapshot's name or ID */
    bool no_backing;                 /* an image that needs a backing or data file is refused */
    const char *const *backing_dirs; /* more directories in which such files may lie */
    size_t backing_dir_count;
    const struct notices *notices; /* NULL: nobody listens */
};

/*
 * Open the guest disk of an image: *out is as long as the virtual size, with the whole backing
 * chain behind it.  lower holds the image and becomes owned, also on failure.  path is where it
 * lies, for finding the files that it names, or NULL for a pipe or memory: an image that needs one
 * is then refused.
 *
 * Backing files and data files are opened only where they resolve beneath the directory of path (as
 * path names it) or beneath one of backing_dirs; relative names count from the image that names
 * them.  What is refused by name is FAULT_UNSUPPORTED; header and L1 tables are checked before this
 * returns, L2 tables when they are mapped.  Metadata takes at most 64 MiB of memory, whatever the
 * image.
 *
 * Follows docs/interop/qcow2.txt of QEMU.
 */
int qcow2_open(struct source *lower, const char *path, const struct qcow2_options *options,
               struct source **out, struct fault *f);

#endif
