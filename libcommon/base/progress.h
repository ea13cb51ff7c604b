/* SPDX-License-Identifier: MIT */
/* A line on standard error that says how far a long command has come. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    const char *label;
    uint64_t done;         /* bytes */
    uint64_t out;          /* bytes that came of them, 0 if that is not counted */
    uint64_t files;        /* so far, 0 if these are not counted */
    const char *path;      /* of the file at work, borrowed; NULL if there is none */
    uint64_t total;        /* bytes, 0 if unknown */
    uint64_t started_ns;   /* monotonic */
    uint64_t next_look_at; /* bytes: the clock is read only past this */
    int width;             /* of the line as it was last drawn */
    uint64_t last_ns;      /* when the line was last drawn */
};

/* Start one; shown on a terminal, or always if forced, never if quiet. */
void progress_start(struct progress *p, const char *label, uint64_t total, bool forced, bool quiet);

/* Another file is at work, or, NULL, none is any longer.  Its path is borrowed until the next call
 * or the end. */
void progress_file(struct progress *p, const char *path);

/* So many bytes are done in all, of which so many came: for those who count themselves. */
void progress_at(struct progress *p, uint64_t done, uint64_t out);

/* Some more bytes are done; draws at most five times a second.  One thread. */
void progress_add(struct progress *p, uint64_t bytes);

/* Draw the last state and end the line. */
void progress_end(struct progress *p);

#endif
