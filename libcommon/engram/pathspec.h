/* SPDX-License-Identifier: MIT */
/* A PATH operand: the name of an entry of an engram, or a pattern of such names. */
#ifndef ENGRAM_PATHSPEC_H
#define ENGRAM_PATHSPEC_H

#include <stdbool.h>

#include "base/fault.h"
#include "engram/engram.h"

/*
 * What is there as it stands is a name, also if it has wildcards; else what has wildcards is a
 * pattern (base/operand.h).  Plain data, to be looked at only.
 */
struct pathspec {
    const char *given; /* the operand, borrowed */
    char *top;         /* a name: its path; a pattern: the directory that holds all it can match */
    char *pattern;     /* for what comes after `top` and a slash; NULL: a name */
    bool by_name;      /* the pattern is for the last name of a path */
    bool found;        /* the name is there; the pattern has matched something so far */
};

/* Names are taken as they are: no link is followed.  Whether it is there is in p->found.  An empty
 * operand is FAULT_USAGE. */
int pathspec_open(struct engram *g, const char *given, struct pathspec *p, struct fault *f);

/* For an operand that is known to be no name: *is_pattern false and nothing to free if it has no
 * wildcards.  Links on the way to the first name with one are followed, as by engram_resolve. */
int pathspec_open_pattern(struct engram *g, const char *given, struct pathspec *p, bool *is_pattern,
                          struct fault *f);

/* Does the pattern match this path? */
bool pathspec_matches(const struct pathspec *p, const char *path);

/* The same for this path or any directory between it and p->top. */
bool pathspec_holds(const struct pathspec *p, const char *path);

/* The next entry of a walk (over p->top) that the pattern matches, which is noted, or *more false.
 */
int pathspec_next(struct pathspec *p, struct engram_walk *w, struct engram_item *item, bool *more,
                  struct fault *f);

/* 0 if found; else FAULT_SYSTEM "there is no X" or "no name matches X". */
int pathspec_check(const struct pathspec *p, struct fault *f);

void pathspec_free(struct pathspec *p);

#endif
