/* SPDX-License-Identifier: MIT */
/* What an engram's bytes are spent on, printed: a table for people, or JSON. */
#include "shared/statsview.h"

#include <inttypes.h>

#include "shared/grid.h"

static const struct grid_column columns[] = {
    {"PROFILE", false}, {"FILES", true}, {"DATA", true},   {"DISTINCT", true}, {"SAVED", true},
    {"STORED", true},   {"RATIO", true}, {"CHUNKS", true}, {"BLOCKS", true},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static int add_row(struct grid *g, const char *name, const struct stats_row *row, struct fault *f)
{
    if (grid_add(g, name, f) < 0 || grid_add_number(g, row->files, f) < 0 ||
        grid_add_number(g, row->data, f) < 0 || grid_add_number(g, row->distinct, f) < 0 ||
        grid_add_number(g, row->data - row->distinct, f) < 0 ||
        grid_add_number(g, row->stored, f) < 0 ||
        grid_add_ratio(g, row->data, row->stored, f) < 0 || grid_add_number(g, row->chunks, f) < 0)
        return f->code;
    return grid_add_number(g, row->blocks, f);
}

/* What has a size in the engram and nothing else to tell; or files only. */
static int add_other(struct grid *g, const char *name, const uint64_t *files,
                     const uint64_t *stored, struct fault *f)
{
    int rc = grid_add(g, name, f);

    for (unsigned i = 1; i < COLUMNS && rc == 0; i++) {
        if (i == 1 && files)
            rc = grid_add_number(g, *files, f);
        else if (i == 5 && stored)
            rc = grid_add_number(g, *stored, f);
        else
            rc = grid_add(g, "", f);
    }
    return rc;
}

/* What the files have of the base. */
static int add_base(struct grid *g, const struct engram_stats *s, struct fault *f)
{
    if (grid_add(g, "in its base", f) < 0 || grid_add(g, "", f) < 0 || grid_add(g, "", f) < 0 ||
        grid_add_number(g, s->base_distinct, f) < 0 || grid_add(g, "", f) < 0 ||
        grid_add(g, "", f) < 0 || grid_add(g, "", f) < 0 ||
        grid_add_number(g, s->base_chunks, f) < 0)
        return f->code;
    return grid_add(g, "", f);
}

/* Of a profile there may be files only, all of whose data is in the base. */
static bool is_met(const struct stats_row *row)
{
    return row->files > 0 || row->blocks > 0 || row->data > 0;
}

static int fill(struct grid *g, const struct engram_stats *s, struct fault *f)
{
    struct stats_row total = s->total;

    for (unsigned i = 0; i < PROFILE_COUNT; i++)
        if (is_met(&s->profiles[i]) && add_row(g, profile_name(i), &s->profiles[i], f) < 0)
            return f->code;
    if ((s->base_chunks > 0 && add_base(g, s, f) < 0) ||
        (s->empty > 0 && add_other(g, "no data", &s->empty, NULL, f) < 0) ||
        add_other(g, "index", NULL, &s->index, f) < 0 ||
        add_other(g, "tables", NULL, &s->tables, f) < 0)
        return f->code;
    total.files += s->empty;
    total.stored = s->size;
    return add_row(g, "total", &total, f);
}

int statsview_table(const struct engram_stats *s, FILE *out, struct fault *f)
{
    struct grid g;
    int rc;

    grid_start(&g, columns, COLUMNS);
    rc = fill(&g, s, f);
    if (rc == 0)
        grid_print(&g, out);
    grid_free(&g);
    return rc;
}

static void put_row(FILE *out, const struct stats_row *row)
{
    fprintf(out,
            "\"files\": %" PRIu64 ", \"data\": %" PRIu64 ", \"distinct\": %" PRIu64
            ", \"stored\": %" PRIu64 ", \"chunks\": %" PRIu64 ", \"blocks\": %" PRIu64 "}",
            row->files, row->data, row->distinct, row->stored, row->chunks, row->blocks);
}

void statsview_json(const struct engram_stats *s, FILE *out)
{
    const char *before = "";

    fputs("{\"profiles\": [", out);
    for (unsigned i = 0; i < PROFILE_COUNT; i++) {
        if (!is_met(&s->profiles[i]))
            continue;
        fprintf(out, "%s{\"profile\": \"%s\", ", before, profile_name(i));
        put_row(out, &s->profiles[i]);
        before = ", ";
    }
    fputs("], \"total\": {", out);
    put_row(out, &s->total);
    fprintf(out,
            ", \"base\": {\"distinct\": %" PRIu64 ", \"chunks\": %" PRIu64 "}, \"names\": %" PRIu64
            ", \"empty\": %" PRIu64 ", \"index\": %" PRIu64 ", \"tables\": %" PRIu64
            ", \"size\": %" PRIu64 "}\n",
            s->base_distinct, s->base_chunks, s->names, s->empty, s->index, s->tables, s->size);
}
