/* SPDX-License-Identifier: MIT */
/* Tables for people: columns as wide as what stands in them. */
#ifndef CMD_SHARED_GRID_H
#define CMD_SHARED_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"

enum { GRID_COLUMNS_MAX = 16 };

struct grid_column {
    const char *title;
    bool right; /* numbers stand at the right of their column */
};

struct grid {
    const struct grid_column *columns; /* borrowed */
    size_t width;                      /* columns, at most GRID_COLUMNS_MAX */
    char **cells;                      /* rows of `width` each, owned */
    size_t count, room;                /* cells */
};

/* An empty table.  grid_free frees what it then holds. */
void grid_start(struct grid *g, const struct grid_column *columns, size_t width);
void grid_free(struct grid *g);

/* The next cell, from left to right and row by row; the text is copied.  It must be fit for a
 * terminal (base/text.h); an empty one is shown as "-". */
int grid_add(struct grid *g, const char *text, struct fault *f);

/* The same, of a number; and of how many times as large as `of` a number is, to two places, with
 * nothing in the cell where `of` is 0. */
int grid_add_number(struct grid *g, uint64_t n, struct fault *f);
int grid_add_ratio(struct grid *g, uint64_t n, uint64_t of, struct fault *f);

/* The titles and all rows, two spaces between columns.  Characters are taken to be one column wide
 * each. */
void grid_print(const struct grid *g, FILE *out);

#endif
