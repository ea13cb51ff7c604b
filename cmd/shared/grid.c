/* SPDX-License-Identifier: MIT */
/* Tables for people. */
#include "shared/grid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void grid_start(struct grid *g, const struct grid_column *columns, size_t width)
{
    *g = (struct grid){.columns = columns, .width = width};
}

void grid_free(struct grid *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->cells[i]);
    free(g->cells);
}

int grid_add(struct grid *g, const char *text, struct fault *f)
{
    char **cells = array_grow(g->cells, g->count, &g->room, sizeof(*cells), "a table", f);
    char *copy = strdup(*text ? text : "-");

    if (cells)
        g->cells = cells;
    if (cells && copy) {
        cells[g->count++] = copy;
        return 0;
    }
    free(copy);
    return fault_memory(f, "a table", strlen(text) + 1);
}

/* UTF-8: continuation bytes add none. */
static int characters(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static int column_width(const struct grid *g, size_t column)
{
    int widest = characters(g->columns[column].title);

    for (size_t i = column; i < g->count; i += g->width) {
        int n = characters(g->cells[i]);

        if (n > widest)
            widest = n;
    }
    return widest;
}

/* The last column has nothing behind it to be lined up. */
static void put_cell(const struct grid *g, size_t column, const char *text, int width, FILE *out)
{
    int pad = width - characters(text);
    bool last = column + 1 == g->width;

    if (g->columns[column].right)
        fprintf(out, "%*s%s", pad, "", text);
    else
        fprintf(out, "%s%*s", text, last ? 0 : pad, "");
    fputs(last ? "\n" : "  ", out);
}

int grid_add_number(struct grid *g, uint64_t n, struct fault *f)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRIu64, n);
    return grid_add(g, text, f);
}

int grid_add_ratio(struct grid *g, uint64_t n, uint64_t of, struct fault *f)
{
    char text[32] = "";

    if (of)
        snprintf(text, sizeof(text), "%.2f", (double)n / (double)of);
    return grid_add(g, text, f);
}

void grid_print(const struct grid *g, FILE *out)
{
    int widths[GRID_COLUMNS_MAX];

    for (size_t i = 0; i < g->width; i++)
        widths[i] = column_width(g, i);
    for (size_t i = 0; i < g->width; i++)
        put_cell(g, i, g->columns[i].title, widths[i], out);
    for (size_t i = 0; i < g->count; i++)
        put_cell(g, i % g->width, g->cells[i], widths[i % g->width], out);
}
