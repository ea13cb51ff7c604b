/* SPDX-License-Identifier: MIT */
/* Makes one name of a host directory from an entry, and gives it the entry's metadata. */
#ifndef ENGRAM_RESTORE_H
#define ENGRAM_RESTORE_H

#include <stdbool.h>

#include "base/fault.h"
#include "manifest/entry.h"

/*
 * What the system would not let us set, as far as it was told.  Each is a NOTICE_LOSS that names
 * the entry's path.
 */
struct restore_losses {
    const struct notices *notices;
    uint64_t names;    /* that are not as they were, or missing */
    uint64_t unset;    /* that have a ctime or crtime, which no system call sets */
    const char *where; /* what the directory is called, for messages */
};

/*
 * Below, `name` is one component (or "." for a root that existed before) in the directory that is
 * open as `dir`.  Nothing follows a symbolic link of that name, and nothing that exists is
 * replaced: FAULT_SYSTEM, "PATH exists already in WHERE; nothing is overwritten".
 */

/* A new empty file, open for writing; nobody else may open it yet. */
int restore_file(int dir, const char *name, const struct entry *e, const struct restore_losses *l,
                 int *fd, struct fault *f);

/* A new directory that only its owner can enter, opened. */
int restore_directory(int dir, const char *name, const struct entry *e,
                      const struct restore_losses *l, int *fd, struct fault *f);

/* A symbolic link, device, named pipe or socket.  *made false, and a loss told, if the system
 * refuses. */
int restore_special(int dir, const char *name, const struct entry *e, struct restore_losses *l,
                    bool *made, struct fault *f);

/* Another name of first_name in first_dir.  *made as above. */
int restore_link(int first_dir, const char *first_name, int dir, const char *name,
                 const struct entry *e, struct restore_losses *l, bool *made, struct fault *f);

/*
 * Owner, attributes, mode and times, in the order in which they do not undo each other; then look
 * at what the name has now, and tell what is not as it should be.  Setuid and setgid are not given
 * to a name whose owner or group could not be set.  Done when nothing below the name changes any
 * more.
 */
int restore_metadata(int dir, const char *name, const struct entry *e, struct restore_losses *l,
                     struct fault *f);

/* Take the ACLs off a directory that existed before, so that what is made in it inherits none. */
void restore_clear_acls(int dir);

#endif
