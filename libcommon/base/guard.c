/* SPDX-License-Identifier: MIT */
/* A name that is removed if a signal ends the process. */
#include "base/guard.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/* The one piece of mutable file-scope state in the library: a signal handler can reach nothing
 * else.  It may run in any thread. */
static atomic_int doomed_dir;
static _Atomic(const char *) doomed;
static bool watching;

static void remove_doomed(int signum)
{
    const char *name = doomed;

    if (name)
        unlinkat(doomed_dir, name, 0);
    signal(signum, SIG_DFL);
    raise(signum);
}

static void watch(void)
{
    static const int fatal[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGXFSZ, SIGXCPU};

    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        if (signal(fatal[i], remove_doomed) == SIG_IGN)
            signal(fatal[i], SIG_IGN);
    watching = true;
}

void guard_name(int dir, const char *name)
{
    doomed = NULL; /* the one before it is not to be looked for in this directory */
    doomed_dir = dir;
    doomed = name;
    if (!watching)
        watch();
}

void guard_release(void)
{
    doomed = NULL;
}
