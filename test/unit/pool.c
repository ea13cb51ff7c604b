/* SPDX-License-Identifier: MIT */
/* The worker pool: every job runs once, workers keep apart, jobs start in order. */
#include "base/pool.h"

#include <sched.h>
#include <stdatomic.h>

#include "unit.h"

enum { JOBS = 1000, THREADS = 4 };

struct counted {
    struct pool_job job;
    struct tally *tally;
    unsigned number;
    unsigned runs;
};

struct tally {
    atomic_uint inside[THREADS]; /* jobs that run on this worker now: at most one */
    atomic_uint overlaps;
    atomic_uint strangers; /* worker numbers out of range */
    unsigned started[JOBS];
    atomic_uint start_count;
    struct counted jobs[JOBS];
};

static void count(struct pool_job *job, unsigned worker)
{
    struct counted *c = (struct counted *)job;
    struct tally *t = c->tally;

    t->started[atomic_fetch_add(&t->start_count, 1)] = c->number;
    if (worker >= THREADS) {
        atomic_fetch_add(&t->strangers, 1);
        return;
    }
    if (atomic_fetch_add(&t->inside[worker], 1) != 0)
        atomic_fetch_add(&t->overlaps, 1);
    c->runs++;
    atomic_fetch_sub(&t->inside[worker], 1);
}

static struct tally *new_tally(void)
{
    struct tally *t = calloc(1, sizeof(*t));

    for (unsigned i = 0; i < JOBS; i++) {
        t->jobs[i].tally = t;
        t->jobs[i].number = i;
        t->jobs[i].job.run = count;
    }
    return t;
}

static void check_all_ran(struct unit *u, const struct tally *t)
{
    for (unsigned i = 0; i < JOBS; i++)
        CHECK(u, t->jobs[i].runs == 1);
    CHECK(u, t->overlaps == 0);
    CHECK(u, t->strangers == 0);
    CHECK(u, t->start_count == JOBS);
}

static void every_job_runs_once_and_can_be_waited_for(struct unit *u)
{
    struct tally *t = new_tally();
    struct pool *p;
    struct fault f;

    CHECK(u, pool_open(THREADS, &p, &f) == 0);
    CHECK(u, pool_workers(p) == THREADS);
    for (unsigned i = 0; i < JOBS; i++)
        pool_submit(p, &t->jobs[i].job);
    for (unsigned i = JOBS; i-- > 0;) {
        pool_wait(p, &t->jobs[i].job);
        CHECK(u, t->jobs[i].runs == 1);
    }
    pool_close(p);
    check_all_ran(u, t);
    free(t);
}

static void closing_runs_what_was_submitted(struct unit *u)
{
    struct tally *t = new_tally();
    struct pool *p;
    struct fault f;

    CHECK(u, pool_open(THREADS, &p, &f) == 0);
    for (unsigned i = 0; i < JOBS; i++)
        pool_submit(p, &t->jobs[i].job);
    pool_close(p);
    check_all_ran(u, t);
    free(t);
}

static void one_thread_runs_jobs_at_once_and_in_order(struct unit *u)
{
    struct tally *t = new_tally();
    struct pool *p;
    struct fault f;

    CHECK(u, pool_open(1, &p, &f) == 0);
    CHECK(u, pool_workers(p) == 1);
    for (unsigned i = 0; i < JOBS; i++) {
        pool_submit(p, &t->jobs[i].job);
        CHECK(u, t->jobs[i].runs == 1);
        pool_wait(p, &t->jobs[i].job);
    }
    for (unsigned i = 0; i < JOBS; i++)
        CHECK(u, t->started[i] == i);
    pool_close(p);
    free(t);
}

static void a_job_can_be_submitted_again(struct unit *u)
{
    struct tally *t = new_tally();
    struct pool *p;
    struct fault f;

    CHECK(u, pool_open(2, &p, &f) == 0);
    for (unsigned i = 0; i < 100; i++) {
        pool_submit(p, &t->jobs[0].job);
        pool_wait(p, &t->jobs[0].job);
    }
    CHECK(u, t->jobs[0].runs == 100);
    pool_close(p);
    free(t);
}

/* A job that runs until it is released. */
struct gate {
    struct pool_job job;
    atomic_bool begun;
    atomic_bool released;
};

static void hold(struct pool_job *job, unsigned worker)
{
    struct gate *g = (struct gate *)job;

    (void)worker;
    atomic_store(&g->begun, true);
    while (!atomic_load(&g->released))
        sched_yield();
}

static void what_is_cancelled_never_runs(struct unit *u)
{
    struct gate gates[2] = {{.job.run = hold}, {.job.run = hold}};
    struct tally *t = new_tally();
    struct pool *p;
    struct fault f;

    CHECK(u, pool_open(2, &p, &f) == 0);
    for (unsigned i = 0; i < 2; i++)
        pool_submit(p, &gates[i].job);
    while (!atomic_load(&gates[0].begun) || !atomic_load(&gates[1].begun))
        sched_yield();
    for (unsigned i = 0; i < 10; i++)
        pool_submit(p, &t->jobs[i].job);
    pool_cancel(p);
    pool_submit(p, &t->jobs[10].job);
    for (unsigned i = 0; i < 2; i++)
        atomic_store(&gates[i].released, true);
    pool_close(p);
    for (unsigned i = 0; i < 10; i++)
        CHECK(u, t->jobs[i].runs == 0);
    CHECK(u, t->jobs[10].runs == 1);
    free(t);
}

static void there_is_a_processor(struct unit *u)
{
    CHECK(u, pool_processors() >= 1);
    pool_close(NULL);
}

int main(void)
{
    struct unit u = {0};

    UNIT_CASE(&u, every_job_runs_once_and_can_be_waited_for);
    UNIT_CASE(&u, closing_runs_what_was_submitted);
    UNIT_CASE(&u, one_thread_runs_jobs_at_once_and_in_order);
    UNIT_CASE(&u, a_job_can_be_submitted_again);
    UNIT_CASE(&u, what_is_cancelled_never_runs);
    UNIT_CASE(&u, there_is_a_processor);
    return unit_end(&u);
}
