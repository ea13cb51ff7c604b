/* SPDX-License-Identifier: MIT */
/* Unpacks an engram, or a part of it, into a directory, and nowhere else. */
#ifndef ENGRAM_UNPACK_H
#define ENGRAM_UNPACK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/progress.h"
#include "engram/engram.h"
#include "engram/selection.h"

/* Plain data; progress, notices and selection may be NULL. */
struct unpack_options {
    const char *directory;       /* made if it is missing (its parent must exist) */
    mode_t made_mode;            /* that it has then if the tree's root does not come to be there */
    struct selection *selection; /* NULL: everything */
    unsigned strip_components;   /* names that are taken off the front of every path */
    bool overwrite;              /* what is there may be replaced */
    bool keep_going;             /* leave out what is damaged, as engram/soundwalk.h does */
    bool any_owner;              /* owners are not restored: all stays whoever's makes it */
    struct progress *progress;
    const struct notices *notices;
};

/*
 * Make everything that is selected in the engram beneath the directory, whatever the engram says:
 * every name is made in a directory that was made here, or with `overwrite` was found to be one,
 * and is held open; no link is followed; nothing that exists is opened or written to; and a hard
 * link is made to a file of this run only.  What was made gets its metadata through its descriptor,
 * never by name.  The directory itself takes the metadata of the root.
 *
 * Nothing that exists is replaced, unless `overwrite`: then a directory is kept and filled, and a
 * new file or other thing takes the place of any that is no directory.  With strip_components an
 * entry that has no more names is passed over, the root among them, and paths in messages are those
 * that stay; where the names of two entries become one, the second finds the first there.
 *
 * What the system refuses to set is told as NOTICE_LOSS, name by name and then as a sum.  While
 * they are filled, directories are open to their owner only.  After a failure what was made so far
 * stays, except the file that was being written, and directories that existed have their modes
 * back; a signal removes that file, too.
 * Memory: the engram's, and every file's name as struct names keeps it; more for a selection
 * (engram/selectwalk.h), and for each hard link whose first name is stripped away.
 */
int engram_unpack(struct engram *g, const struct unpack_options *options, struct fault *f);

#endif
