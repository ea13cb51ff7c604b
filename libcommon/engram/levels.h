/* SPDX-License-Identifier: MIT */
/* The directories that are being filled, each in the one before it. */
#ifndef ENGRAM_LEVELS_H
#define ENGRAM_LEVELS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "engram/restore.h"
#include "manifest/entry.h"

/* The most that the attributes of directories nested in each other may take, together. */
enum { LEVELS_PENDING_MAX = 64 << 20 };

struct level;

/*
 * Going down opens the directory just made; going up opens `..` and makes sure that it is the very
 * directory we came from, even if somebody moves things about meanwhile.  One descriptor is kept
 * open, however deep the tree.  A directory gets its metadata when it is left: nothing changes in
 * it any more.  Starts all zero but for dir, -1, and losses.
 */
struct levels {
    struct restore_losses *losses; /* borrowed */
    int dir;                       /* the directory being filled; -1: none is */
    size_t depth;                  /* how many are, the first being where all is unpacked */
    struct level *list;            /* the rest is private */
    size_t room;
    char *path;       /* of the last level */
    uint64_t pending; /* bytes of attributes in list */
};

/*
 * Fill a directory from now on, open as fd, which is owned from here on (also on failure), and lies
 * at e's path beneath the first, whose path is "/".  e has its metadata; NULL, which is for the
 * first only: it gets none, but is to have the mode `before` in the end.  That one each has back
 * also if it is never finished.
 */
int levels_down(struct levels *l, const struct entry *e, int fd, mode_t before, struct fault *f);

/* Leave directories until the one that holds this path is being filled. */
int levels_up_to(struct levels *l, const char *path, struct fault *f);

/* Leave all. */
int levels_finish(struct levels *l, struct fault *f);

/* Those that are left have their modes back, as far as they can be reached, but the first, which is
 * the caller's; all is freed. */
void levels_close(struct levels *l);

#endif
