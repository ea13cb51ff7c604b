/* SPDX-License-Identifier: MIT */
/* A line on standard error that says how far a long command has come. */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
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

/* The path, escaped, its end if it is long.  The line must not wrap: it is drawn over itself. */
static void shorten(char *shown, size_t size, const char *path)
{
    size_t length = strlen(path);

    /* An escaped byte takes four. */
    if (length > (size - 4) / 4) {
        path += length - (size - 4) / 4;
        memcpy(shown, "...", 3);
        text_escape(shown + 3, size - 3, path, strlen(path));
    } else {
        text_escape(shown, size, path, length);
    }
}

static void draw(struct progress *p, uint64_t now)
{
    double seconds = (double)(now - p->started_ns) / 1e9;
    char done[8], total[8], rate[8], out[8], path[164];
    int width = 0;

    text_size(done, p->done);
    text_size(total, p->total);
    text_size(out, p->out);
    text_size(rate, seconds > 0 ? (uint64_t)((double)p->done / seconds) : 0);
    fprintf(stderr, "\r%s: ", p->label);
    if (p->total)
        width += fprintf(stderr, "%3.0f%%  %s of %s", 100.0 * (double)p->done / (double)p->total,
                         done, total);
    else
        width += fprintf(stderr, "%s", done);
    if (p->out)
        width += fprintf(stderr, " to %s", out);
    width += fprintf(stderr, "  %s/s", rate);
    if (p->files)
        width += fprintf(stderr, "  %" PRIu64 " names", p->files);
    if (p->path) {
        shorten(path, sizeof(path), p->path);
        width += fprintf(stderr, "  %s", path);
    }
    if (width < p->width) /* what is left of the line before */
        fprintf(stderr, "%*s", p->width - width, "");
    p->width = width;
    fflush(stderr);
}

/* Draw if it is time to. */
static void look(struct progress *p)
{
    uint64_t now;

    if (!p->shown || p->done < p->next_look_at)
        return;
    p->next_look_at = p->done + LOOK_EVERY_BYTES;
    now = now_ns();
    if (now - p->last_ns < REDRAW_NS)
        return;
    p->last_ns = now;
    draw(p, now);
}

void progress_file(struct progress *p, const char *path)
{
    p->files += path != NULL;
    p->path = path;
}

void progress_at(struct progress *p, uint64_t done, uint64_t out)
{
    p->done = done;
    p->out = out;
    look(p);
}

void progress_add(struct progress *p, uint64_t bytes)
{
    p->done += bytes;
    look(p);
}

void progress_end(struct progress *p)
{
    if (!p->shown)
        return;
    p->path = NULL;
    draw(p, now_ns());
    fputc('\n', stderr);
    p->shown = false;
}
