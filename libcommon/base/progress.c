/* SPDX-License-Identifier: MIT */
/* A line on standard error that says how far a long command has come. */
#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { REDRAW_NS = 200000000, LOOK_EVERY_BYTES = 1 << 20 };

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void progress_start(struct progress *p, const char *label, uint64_t total, bool forced, bool quiet)
{
    *p = (struct progress){.label = label, .total = total};
    p->shown = !quiet && (forced || isatty(STDERR_FILENO));
    if (p->shown)
        p->started_ns = p->last_ns = now_ns();
}

static void draw(const struct progress *p, uint64_t now)
{
    double seconds = (double)(now - p->started_ns) / 1e9;
    char done[8], total[8], rate[8];

    text_size(done, p->done);
    text_size(rate, seconds > 0 ? (uint64_t)((double)p->done / seconds) : 0);
    if (p->total) {
        text_size(total, p->total);
        fprintf(stderr, "\r%s: %3.0f%%  %s of %s  %s/s   ", p->label,
                100.0 * (double)p->done / (double)p->total, done, total, rate);
    } else {
        fprintf(stderr, "\r%s: %s  %s/s   ", p->label, done, rate);
    }
    fflush(stderr);
}

void progress_add(struct progress *p, uint64_t bytes)
{
    uint64_t now;

    p->done += bytes;
    if (!p->shown || p->done < p->next_look_at)
        return;
    p->next_look_at = p->done + LOOK_EVERY_BYTES;
    now = now_ns();
    if (now - p->last_ns < REDRAW_NS)
        return;
    p->last_ns = now;
    draw(p, now);
}

void progress_end(struct progress *p)
{
    if (!p->shown)
        return;
    draw(p, now_ns());
    fputc('\n', stderr);
    p->shown = false;
}
