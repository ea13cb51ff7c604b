/* SPDX-License-Identifier: MIT */
/* Makes one name in a directory of the host, or puts something new in the place of what has it. */
#ifndef ENGRAM_PLACE_H
#define ENGRAM_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "engram/restore.h"
#include "manifest/entry.h"

/*
 * A name to be made: `name` is one component in the directory that is open as `dir`, which stays
 * so until the end.  No symbolic link of that name is followed, and nothing that has it is opened,
 * cut or written to.
 *
 * Without `replace` what exists stays: FAULT_SYSTEM, "PATH exists already in WHERE; nothing is
 * overwritten".  With it, what is new is made under another name beside it, and takes its place in
 * place_finish: until then that is as it was.  Only a directory stays: FAULT_SYSTEM, "PATH is a
 * directory in WHERE, which is not replaced".
 *
 * After place_file and place_special a signal removes what was made (base/guard.h), until
 * place_finish or place_discard.  What comes in *fd is the caller's to close.  All else is then
 * done through it and not by the name, for which somebody else may have put another file meanwhile.
 */
struct place {
    int dir;          /* borrowed, as is name */
    const char *name; /* of the entry's path, or of a part of it */
    bool replace;
    char temporary[40]; /* private: the name until place_finish; empty: `name` itself */
};

/* A new empty file, open for writing; nobody else may open it yet. */
int place_file(struct place *p, const struct entry *e, const struct restore_losses *l, int *fd,
               struct fault *f);

/* A symbolic link, device, named pipe or socket, held (O_PATH).  *fd -1, with a loss told and
 * nothing to finish, if the system refuses. */
int place_special(struct place *p, const struct entry *e, struct restore_losses *l, int *fd,
                  struct fault *f);

/* What was made is whole: it gets its name, if it has another.  If that fails it is removed. */
int place_finish(struct place *p, const struct entry *e, struct fault *f);

/* What was made is not to stay. */
void place_discard(struct place *p);

/* Another name of first_name in first_dir, finished; a loss told if the system refuses. */
int place_link(struct place *p, int first_dir, const char *first_name, const struct entry *e,
               struct restore_losses *l, struct fault *f);

/* A directory that only its owner can enter, opened; finished.  With `replace` one that exists is
 * taken as it is, but for the mode, and any other thing makes place for a new one.  *before is the
 * mode that it had: 0700 if it is new. */
int place_directory(struct place *p, const struct entry *e, const struct restore_losses *l, int *fd,
                    mode_t *before, struct fault *f);

#endif
