/* SPDX-License-Identifier: MIT */
/* What the files of each profile come to in an engram, as a table. */
#include "shared/packsizes.h"

#include <inttypes.h>

#include "shared/grid.h"

struct sizes {
    struct engram_writer_stats profiles[PROFILE_COUNT];
    struct engram_writer_stats total;
    uint64_t index, tables, size; /* bytes, as in engram/stats.h */
};

static void add_up(struct sizes *s, const struct engram_writer *w, const struct engram_info *info)
{
    *s = (struct sizes){.index = engram_writer_index_bytes(w), .size = info->size};
    engram_writer_stats(w, s->profiles);
    for (enum profile i = 0; i < PROFILE_COUNT; i++) {
        s->total.files += s->profiles[i].files;
        s->total.data_bytes += s->profiles[i].data_bytes;
        s->total.distinct_bytes += s->profiles[i].distinct_bytes;
        s->total.stored_bytes += s->profiles[i].stored_bytes;
    }
    s->tables = s->size - s->index - s->total.stored_bytes;
}

static const struct grid_column columns[] = {
    {"PROFILE", false}, {"FILES", true},  {"DATA", true},
    {"DISTINCT", true}, {"STORED", true}, {"RATIO", true},
};

static int add_row(struct grid *g, const char *name, const struct engram_writer_stats *s,
                   struct fault *f)
{
    if (grid_add(g, name, f) < 0 || grid_add_number(g, s->files, f) < 0 ||
        grid_add_number(g, s->data_bytes, f) < 0 || grid_add_number(g, s->distinct_bytes, f) < 0 ||
        grid_add_number(g, s->stored_bytes, f) < 0)
        return f->code;
    return grid_add_ratio(g, s->data_bytes, s->stored_bytes, f);
}

static int add_other(struct grid *g, const char *name, uint64_t bytes, struct fault *f)
{
    if (grid_add(g, name, f) < 0 || grid_add(g, "", f) < 0 || grid_add(g, "", f) < 0 ||
        grid_add(g, "", f) < 0 || grid_add_number(g, bytes, f) < 0)
        return f->code;
    return grid_add(g, "", f);
}

static int print_table(FILE *out, const struct engram_writer *w, const struct engram_info *info,
                       struct fault *f)
{
    struct grid g;
    struct sizes s;
    int code = 0;

    add_up(&s, w, info);
    grid_start(&g, columns, sizeof(columns) / sizeof(columns[0]));
    for (enum profile i = 0; i < PROFILE_COUNT && code == 0; i++) {
        if (s.profiles[i].files)
            code = add_row(&g, profile_name(i), &s.profiles[i], f);
    }
    if (code == 0)
        code = add_other(&g, "index", s.index, f);
    if (code == 0)
        code = add_other(&g, "tables", s.tables, f);
    s.total.stored_bytes = s.size;
    if (code == 0)
        code = add_row(&g, "total", &s.total, f);
    if (code == 0)
        grid_print(&g, out);
    grid_free(&g);
    return code;
}

static void print_numbers(FILE *out, const struct engram_writer_stats *s)
{
    fprintf(out,
            "\"files\": %" PRIu64 ", \"data\": %" PRIu64 ", \"distinct\": %" PRIu64
            ", \"stored\": %" PRIu64 "}",
            s->files, s->data_bytes, s->distinct_bytes, s->stored_bytes);
}

/* With the names that engram-ls has for its statistics. */
static void print_json(FILE *out, const struct engram_writer *w, const struct engram_info *info)
{
    const char *between = "";
    struct sizes s;

    add_up(&s, w, info);
    fprintf(out, "{\"profiles\": [");
    for (enum profile i = 0; i < PROFILE_COUNT; i++) {
        if (s.profiles[i].files) {
            fprintf(out, "%s{\"profile\": \"%s\", ", between, profile_name(i));
            print_numbers(out, &s.profiles[i]);
            between = ", ";
        }
    }
    fputs("], \"total\": {", out);
    print_numbers(out, &s.total);
    fprintf(out, ", \"index\": %" PRIu64 ", \"tables\": %" PRIu64 ", \"size\": %" PRIu64 "}\n",
            s.index, s.tables, s.size);
}

int packsizes_print(struct product *to, bool json, const struct engram_writer *w,
                    const struct engram_info *info, struct fault *f)
{
    FILE *out = product_text(to, f);

    if (!out)
        return f->code;
    if (json)
        print_json(out, w, info);
    else if (print_table(out, w, info, f) < 0)
        return f->code;
    return product_text_end(to, f);
}
