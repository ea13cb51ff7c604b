/* SPDX-License-Identifier: MIT */
/* The directory part of a path. */
#ifndef BASE_DIRECTORY_H
#define BASE_DIRECTORY_H

/* What comes before the last slash: "/" where that is nothing, "." if there is no slash.  The
 * caller frees it; NULL if memory is out. */
char *directory_of(const char *path);

#endif
