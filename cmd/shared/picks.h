/* SPDX-License-Identifier: MIT */
/* The operands PATH... and the option --exclude: which part of an engram a command takes. */
#ifndef CMD_SHARED_PICKS_H
#define CMD_SHARED_PICKS_H

#include "base/cli.h"
#include "engram/engram.h"
#include "engram/selection.h"
#include "io/source.h"
#include "shared/engramfile.h"

/* For the option tables. */
#define PICKS_OPTION_EXCLUDE                                                                       \
    {                                                                                              \
        'x', "exclude", "GLOB", "leave out what GLOB matches, and all it holds (repeatable)"       \
    }

/* Starts all zero. */
struct picks {
    struct selection_wanted wanted; /* what selection_open takes */
    const char **excludes;          /* private */
    const char **paths;             /* private */
};

/* Take an argument of the option. */
int picks_exclude(struct picks *p, const struct cli *cli, const char *glob, struct fault *f);

/* Take all operands but the first.  Exits with a usage message if one is empty. */
int picks_paths(struct picks *p, const struct cli *cli, struct fault *f);

void picks_free(struct picks *p);

/* What they are picked from.  Starts all zero. */
struct picked {
    struct source *source;
    struct engram *engram;
    struct selection *selection;
};

/* Open the first operand as an engram, and look for the PATHs in it: a name that is not there is
 * FAULT_SYSTEM, see picks_check.  `out` is to be closed, also on failure, and before p is freed. */
int picks_open(const struct picks *p, struct cli *cli, const struct engramfile_options *file,
               struct picked *out, struct fault *f);
void picks_close(struct picked *out);

/* Which of them are asked for after all have been looked for: names are known before a walk. */
enum picks_missing { PICKS_NAMES, PICKS_ALL };

/* FAULT_SYSTEM if a PATH is not there, or is a pattern that matched nothing.  The last of these is
 * in f, and those before it are told here. */
int picks_check(const struct picks *p, struct cli *cli, const struct selection *s,
                enum picks_missing which, struct fault *f);

#endif
