/* SPDX-License-Identifier: MIT */
/* A few worker threads that run jobs in the order in which they were submitted. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

struct worker {
    struct pool *pool;
    pthread_t thread;
    unsigned number;
};

struct pool {
    pthread_mutex_t lock;  /* of everything below, and of each job's `done` */
    pthread_cond_t wanted; /* a job was submitted, or the pool is closing */
    pthread_cond_t ended;  /* a job has run */
    struct pool_job *first;
    struct pool_job **end; /* where the next job is linked */
    bool closing;
    unsigned workers;
    unsigned started; /* threads; 0 if jobs run in pool_submit */
    struct worker *worker;
};

/* The next job, or NULL when the pool closes and none is left.  Called with the lock held. */
static struct pool_job *next_job(struct pool *p)
{
    struct pool_job *job;

    while (!p->first && !p->closing)
        pthread_cond_wait(&p->wanted, &p->lock);
    job = p->first;
    if (job) {
        p->first = job->next;
        if (!p->first)
            p->end = &p->first;
    }
    return job;
}

static void *work(void *argument)
{
    struct worker *self = argument;
    struct pool *p = self->pool;
    struct pool_job *job;

    pthread_mutex_lock(&p->lock);
    while ((job = next_job(p))) {
        pthread_mutex_unlock(&p->lock);
        job->run(job, self->number);
        pthread_mutex_lock(&p->lock);
        job->done = true;
        pthread_cond_broadcast(&p->ended);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

unsigned pool_processors(void)
{
    long n = 0;
#ifndef ENGRAM_PORTABLE
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        n = CPU_COUNT(&set);
#endif
    if (n < 1)
        n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (unsigned)n;
}

int pool_open(unsigned threads, struct pool **out, struct fault *f)
{
    struct pool *p = calloc(1, sizeof(*p));

    if (!p)
        return fault_memory(f, "a worker pool", sizeof(*p));
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wanted, NULL);
    pthread_cond_init(&p->ended, NULL);
    p->end = &p->first;
    p->workers = threads > 0 ? threads : 1;
    p->worker = calloc(p->workers, sizeof(*p->worker));
    if (!p->worker) {
        pool_close(p);
        return fault_memory(f, "worker threads", threads * sizeof(*p->worker));
    }
    while (p->workers > 1 && p->started < p->workers) {
        struct worker *w = &p->worker[p->started];

        w->pool = p;
        w->number = p->started;
        int errnum = pthread_create(&w->thread, NULL, work, w);
        if (errnum) {
            fault_errno(f, errnum, "starting worker thread %u of %u", w->number + 1, threads);
            pool_close(p);
            return f->code;
        }
        p->started++;
    }
    *out = p;
    return 0;
}

unsigned pool_workers(const struct pool *p)
{
    return p->workers;
}

void pool_submit(struct pool *p, struct pool_job *job)
{
    job->next = NULL;
    job->done = false;
    if (p->started == 0) {
        job->run(job, 0);
        job->done = true;
        return;
    }
    pthread_mutex_lock(&p->lock);
    *p->end = job;
    p->end = &job->next;
    pthread_cond_signal(&p->wanted);
    pthread_mutex_unlock(&p->lock);
}

void pool_wait(struct pool *p, struct pool_job *job)
{
    pthread_mutex_lock(&p->lock);
    while (!job->done)
        pthread_cond_wait(&p->ended, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

void pool_cancel(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->first = NULL;
    p->end = &p->first;
    pthread_mutex_unlock(&p->lock);
}

void pool_close(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->started; i++)
        pthread_join(p->worker[i].thread, NULL);
    pthread_cond_destroy(&p->ended);
    pthread_cond_destroy(&p->wanted);
    pthread_mutex_destroy(&p->lock);
    free(p->worker);
    free(p);
}
