/* SPDX-License-Identifier: MIT */
/* Opens a file that somebody else named, without leaving a directory. */
#ifndef BASE_BENEATH_H
#define BASE_BENEATH_H

/* Not an errno value: what the name leads to is a directory, a device, a pipe or a socket. */
enum { BENEATH_NOT_REGULAR = -1 };

/*
 * Open a regular file for reading by a path that is relative to the directory descriptor dir. Every
 * step is resolved beneath it: a `..` or a symbolic link that leads out, and any absolute link, is
 * refused with EXDEV.  Nothing but a regular file is ever opened, so no device feels it.
 *
 * Returns 0 and the descriptor in *fd, an errno value, or BENEATH_NOT_REGULAR.  Any thread.
 */
int beneath_open(int dir, const char *path, int *fd);

#endif
