/* SPDX-License-Identifier: MIT */
/* Which entries of an engram a command is to take: all, or PATHs, and not what is excluded. */
#include "engram/selection.h"

#include <stdlib.h>
#include <string.h>

#include "base/operand.h"
#include "engram/pathspec.h"
#include "manifest/path.h"

struct selection {
    const struct selection_wanted *wanted;
    char **excludes;        /* without what does not count in them */
    struct pathspec *specs; /* one for each PATH */
    const char **names;     /* the paths that are there, in order */
    size_t name_count;
    struct pathspec **patterns;
    size_t pattern_count;
    struct selection_region *regions;
    size_t region_count;
};

static int compare_paths(const void *a, const void *b)
{
    return path_compare(*(const char *const *)a, *(const char *const *)b);
}

/* By their tops, and of two with the same the name first. */
static int compare_regions(const void *a, const void *b)
{
    const struct selection_region *left = a, *right = b;
    int order = path_compare(left->top, right->top);

    return order != 0 ? order : right->is_name - left->is_name;
}

/* Of regions in order those that do not lie in another. */
static void drop_nested(struct selection *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->region_count; i++)
        if (kept == 0 || !path_is_within(s->regions[i].top, s->regions[kept - 1].top))
            s->regions[kept++] = s->regions[i];
    s->region_count = kept;
}

static void sort_out(struct selection *s)
{
    for (size_t i = 0; i < s->wanted->path_count; i++) {
        struct pathspec *p = &s->specs[i];

        if (p->pattern)
            s->patterns[s->pattern_count++] = p;
        else if (p->found)
            s->names[s->name_count++] = p->top;
        if (p->pattern || p->found)
            s->regions[s->region_count++] = (struct selection_region){p->top, !p->pattern};
    }
    if (s->wanted->path_count == 0)
        s->regions[s->region_count++] = (struct selection_region){"/", true};
    qsort(s->names, s->name_count, sizeof(*s->names), compare_paths);
    qsort(s->regions, s->region_count, sizeof(*s->regions), compare_regions);
    drop_nested(s);
}

static int make_room(struct selection *s, struct fault *f)
{
    size_t paths = s->wanted->path_count + 1, excludes = s->wanted->exclude_count + 1;

    s->excludes = calloc(excludes, sizeof(*s->excludes));
    s->specs = calloc(paths, sizeof(*s->specs));
    s->names = calloc(paths, sizeof(*s->names));
    s->patterns = calloc(paths, sizeof(*s->patterns));
    s->regions = calloc(paths, sizeof(*s->regions));
    if (s->excludes && s->specs && s->names && s->patterns && s->regions)
        return 0;
    return fault_memory(f, "paths", paths * sizeof(*s->specs));
}

int selection_open(struct engram *g, const struct selection_wanted *wanted, struct selection **out,
                   struct fault *f)
{
    struct selection *s = calloc(1, sizeof(*s));
    int code;

    if (!s)
        return fault_memory(f, "a selection", sizeof(*s));
    s->wanted = wanted;
    code = make_room(s, f);
    for (size_t i = 0; i < wanted->exclude_count && code == 0; i++)
        code = operand_glob(wanted->excludes[i], &s->excludes[i], f);
    for (size_t i = 0; i < wanted->path_count && code == 0; i++)
        code = pathspec_open(g, wanted->paths[i], &s->specs[i], f);
    if (code != 0) {
        selection_close(s);
        return code;
    }
    sort_out(s);
    *out = s;
    return 0;
}

void selection_close(struct selection *s)
{
    if (!s)
        return;
    for (size_t i = 0; s->excludes && i < s->wanted->exclude_count; i++)
        free(s->excludes[i]);
    for (size_t i = 0; s->specs && i < s->wanted->path_count; i++)
        pathspec_free(&s->specs[i]);
    free(s->excludes);
    free(s->specs);
    free(s->names);
    free(s->patterns);
    free(s->regions);
    free(s);
}

bool selection_is_all(const struct selection *s)
{
    return s->wanted->exclude_count == 0 && s->region_count == 1 && s->regions[0].is_name &&
           strcmp(s->regions[0].top, "/") == 0;
}

int selection_check(const struct selection *s, size_t i, struct fault *f)
{
    return pathspec_check(&s->specs[i], f);
}

int selection_check_name(const struct selection *s, size_t i, struct fault *f)
{
    return s->specs[i].pattern ? 0 : pathspec_check(&s->specs[i], f);
}

size_t selection_region_count(const struct selection *s)
{
    return s->region_count;
}

struct selection_region selection_region(const struct selection *s, size_t i)
{
    return s->regions[i];
}

bool selection_excludes(const struct selection *s, const char *path)
{
    if (strcmp(path, "/") == 0)
        return false;
    for (size_t i = 0; i < s->wanted->exclude_count; i++)
        if (operand_matches(s->excludes[i], path))
            return true;
    return false;
}

bool selection_takes(struct selection *s, const char *path)
{
    bool taken = s->wanted->path_count == 0 ||
                 bsearch(&path, s->names, s->name_count, sizeof(*s->names), compare_paths) != NULL;

    for (size_t i = 0; i < s->pattern_count; i++) {
        struct pathspec *p = s->patterns[i];

        if ((!taken || !p->found) && pathspec_matches(p, path))
            taken = p->found = true;
    }
    return taken;
}
