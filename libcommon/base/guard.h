/* SPDX-License-Identifier: MIT */
/* A name that is removed if a signal ends the process. */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

/*
 * From here on the signals that users and limits send (HUP, INT, TERM, QUIT, XFSZ, XCPU), unless
 * they are ignored, first remove this name, which is no directory, from the directory that is open
 * as dir (or AT_FDCWD), and then end the process as they would have.  Both are borrowed until
 * guard_release.  One name at a time in the whole process, set by one thread; another that is set
 * takes its place.  Another thread that a signal comes to passes it on to that one.
 */
void guard_name(int dir, const char *name);

/* The name stays, or is gone. */
void guard_release(void);

#endif
