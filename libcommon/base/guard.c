/* SPDX-License-Identifier: MIT */
/* A name that is removed if a signal ends the process. */
#include "base/guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/* The one piece of mutable file-scope state in the library: a signal handler can reach nothing
 * else. */
static atomic_int doomed_dir;
static _Atomic(const char *) doomed;
static pthread_t setter; /* the one thread that sets them; as of the first name */
static bool watching;

/* Calls only what POSIX allows a handler: pthread_self, pthread_kill, unlinkat, signal, raise;
 * and pthread_equal, which compares two numbers. */
static void remove_doomed(int signum)
{
    int before = errno;
    const char *name;

    /* The kernel picks any thread.  In another the name could be released, and freed or looked for
     * in another directory, between here and its removal. */
    if (!pthread_equal(pthread_self(), setter)) {
        pthread_kill(setter, signum);
        errno = before;
        return;
    }
    name = doomed;
    if (name)
        unlinkat(doomed_dir, name, 0);
    signal(signum, SIG_DFL);
    raise(signum); /* which waits until this returns */
    errno = before;
}

static void watch(void)
{
    static const int fatal[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGXFSZ, SIGXCPU};
    struct sigaction action = {.sa_handler = remove_doomed}, now;

    setter = pthread_self();
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        if (sigaction(fatal[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaction(fatal[i], &action, NULL);
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
