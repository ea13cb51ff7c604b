/* SPDX-License-Identifier: MIT */
/* Which host files an input may name: those beneath its own directory, or beneath one allowed. */
#ifndef IO_CONFINE_H
#define IO_CONFINE_H

#include <stddef.h>

#include "base/fault.h"

/*
 * An image that comes from a stranger may name other files of the host.  A confinement opens them
 * only where they resolve beneath an allowed directory, as regular files.  Nothing outside these
 * directories is opened; but where a link or a `..` leads out of one, what it leads to is looked
 * up, to see if it lies in another.
 */
struct confine;

/*
 * Allow the directory of `path` (the directory as the path names it: if the file itself is a
 * symbolic link, the link's directory, not its target's), and the `count` directories at `dirs`.
 * path NULL: these only.
 */
int confine_open(const char *path, const char *const *dirs, size_t count, struct confine **out,
                 struct fault *f);

/* The directory of the path given to confine_open: absolute, free of links; owned by c. */
const char *confine_directory(const struct confine *c);

/* The same of each directory allowed, that of the path first; NULL past the last. */
const char *confine_allowed(const struct confine *c, size_t i);

/* What messages call the file ("backing file"), the file that names it ("image"), and the option
 * that allows a directory. */
struct confine_words {
    const char *what;
    const char *from;
    const char *option;
};

/*
 * Open the file `name`, which a file in the directory `from` names (relative to it, or absolute);
 * from is confine_directory(), or the *directory of a file opened before.  On success *fd is the
 * caller's, and so is *directory (malloc): the directory of the name, absolute, free of links.
 * A file outside is FAULT_UNSUPPORTED and the text says which option would allow it; so is anything
 * that is no regular file.  A missing file is FAULT_SYSTEM.
 */
int confine_file(const struct confine *c, const char *from, const char *name,
                 const struct confine_words *words, int *fd, char **directory, struct fault *f);

/* NULL is allowed. */
void confine_close(struct confine *c);

#endif
