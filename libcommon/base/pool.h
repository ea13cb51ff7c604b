/* SPDX-License-Identifier: MIT */
/* A few worker threads that run jobs in the order in which they were submitted. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>

#include "base/fault.h"

struct pool;

/*
 * One piece of work.  The submitter embeds it in what the work needs, fills in `run`, and owns it;
 * it must stay until pool_wait or pool_close has returned.
 */
struct pool_job {
    /* worker: 0 to pool_workers() - 1, never the same in two threads at once, so that each worker
     * can have working space of its own.  Failures are kept in the job by its embedder. */
    void (*run)(struct pool_job *job, unsigned worker);
    struct pool_job *next; /* private */
    bool done;             /* private */
};

/* How many processors this process may use, at least 1: the default for -j. */
unsigned pool_processors(void);

/* Start the threads.  One thread means none: pool_submit then runs the job itself. */
int pool_open(unsigned threads, struct pool **out, struct fault *f);

unsigned pool_workers(const struct pool *p);

/* Hand a job over.  Jobs start in the order of submission; when they end is any order.  Submitting
 * and waiting is for one thread at a time. */
void pool_submit(struct pool *p, struct pool_job *job);

/* Until this job, submitted before, has run. */
void pool_wait(struct pool *p, struct pool_job *job);

/* Drop the jobs that no worker has begun: they never run, and must not be waited for. */
void pool_cancel(struct pool *p);

/* Runs what was submitted, then ends the threads.  NULL is allowed. */
void pool_close(struct pool *p);

#endif
