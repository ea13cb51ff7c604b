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
 * What makes a name: `name` is one component in the directory that is open as `dir`.  No symbolic
 * link of that name is followed, and nothing that exists is replaced: FAULT_SYSTEM, "PATH exists
 * already in WHERE; nothing is overwritten".  *fd is the caller's to close.  All else is then done
 * through it and not by the name, for which somebody else may have put another file meanwhile.
 */

/* A new empty file, open for writing; nobody else may open it yet. */
int restore_file(int dir, const char *name, const struct entry *e, const struct restore_losses *l,
                 int *fd, struct fault *f);

/* A new directory that only its owner can enter, opened. */
int restore_directory(int dir, const char *name, const struct entry *e,
                      const struct restore_losses *l, int *fd, struct fault *f);

/* A symbolic link, device, named pipe or socket, held (O_PATH).  *fd -1, and a loss told, if the
 * system refuses. */
int restore_special(int dir, const char *name, const struct entry *e, struct restore_losses *l,
                    int *fd, struct fault *f);

/* Another name of first_name in first_dir; a loss told if the system refuses. */
int restore_link(int first_dir, const char *first_name, int dir, const char *name,
                 const struct entry *e, struct restore_losses *l, struct fault *f);

/* The system does not let us make a name: tell it as a loss, "WHAT not made: WHY".  Returns 0. */
int restore_lose_name(const struct entry *e, struct restore_losses *l, const char *what,
                      const char *why);

/* Take away the ACLs that what is open as fd has from the directory it was made in, or, of a
 * directory that existed, has had.  False if one stays, which was told as a loss. */
bool restore_clear_acls(int fd, const struct entry *e, const struct restore_losses *l);

/*
 * Owner, attributes, mode and times of what is open as fd, in the order in which they do not undo
 * each other; then look at what it has now, and tell what is not as it should be (`lost`: something
 * has been told of it before).  Setuid and setgid are not given to what could not get its owner and
 * group.  To be called when nothing changes in it any more.
 */
int restore_metadata(int fd, const struct entry *e, bool lost, struct restore_losses *l,
                     struct fault *f);

#endif
