/* SPDX-License-Identifier: MIT */
/* Unpacks an engram into a directory, and nowhere else. */
#ifndef ENGRAM_UNPACK_H
#define ENGRAM_UNPACK_H

#include "base/fault.h"
#include "base/progress.h"
#include "engram/engram.h"

/* Plain data; progress and notices may be NULL. */
struct unpack_options {
    const char *directory; /* made if it is missing (its parent must exist) */
    struct progress *progress;
    const struct notices *notices;
};

/* The most that the attributes of directories nested in each other may take, together. */
enum { UNPACK_PENDING_MAX = 64 << 20 };

/*
 * Make everything in the engram beneath the directory, whatever the engram says: every name is made
 * in a directory that was made here and is held open, no link is followed, nothing that exists is
 * replaced, and a hard link is made to a file of this run only.  What was made gets its metadata
 * through its descriptor, never by name.  The directory itself takes the metadata of the root.
 *
 * What the system refuses to set is told as NOTICE_LOSS, name by name and then as a sum.  While
 * they are filled, directories are open to their owner only.  After a failure what was made so far
 * stays, except the file that was being written, and a directory that existed has its mode back.
 * Memory: the engram's, and every file's name as struct names keeps it.
 */
int engram_unpack(struct engram *g, const struct unpack_options *options, struct fault *f);

#endif
