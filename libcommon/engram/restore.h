/* SPDX-License-Identifier: MIT */
/* Gives what was made on the host the metadata of its entry, and counts what cannot be set. */
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
    bool any_owner;    /* what is made stays its maker's: another owner is no loss */
    uint64_t names;    /* that are not as they were, or missing */
    uint64_t unset;    /* that have a ctime or crtime, which no system call sets */
    const char *where; /* what the directory is called, for messages */
};

/* "PATH: WHAT: " and what errno says, as a failure. */
int restore_failed(const char *path, const char *what, struct fault *f);

/* Does this errno mean that we may not, or that this file system cannot?  That is a loss; anything
 * else that fails is a failure. */
bool restore_is_refusal(int errnum);

/* What is held with O_PATH as a path, which leads to that very file, also if that is a symbolic
 * link, for the calls that do not take such a descriptor. */
struct restore_path {
    char text[32];
};
struct restore_path restore_path_of(int fd);

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
 * group.  With l->any_owner these are not set, and neither they nor setuid and setgid are told.
 * To be called when nothing changes in it any more.
 */
int restore_metadata(int fd, const struct entry *e, bool lost, struct restore_losses *l,
                     struct fault *f);

#endif
