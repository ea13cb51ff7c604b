/* SPDX-License-Identifier: MIT */
/* In what two engrams' trees differ, name by name. */
#include "engram/diff.h"

#include <string.h>

#include "base/text.h"
#include "engram/totals.h"
#include "manifest/path.h"

/* One of the two walks that are merged. */
struct side {
    const struct engram_diff_side *of;
    struct engram_walk *walk;
    struct totals *totals; /* NULL: not everything is walked */
    struct engram_item item;
    struct engram_item file; /* what a hard link named last, if anything */
    bool more;               /* item is valid */
};

static int side_next(struct side *s, struct fault *f)
{
    if (engram_walk_next(s->walk, &s->item, &s->more, f) < 0 ||
        (s->more && s->totals && totals_add(s->totals, &s->item, f) < 0))
        return fault_about(f, s->of->name);
    return 0;
}

static int side_open(struct side *s, const struct engram_diff *diff, struct fault *f)
{
    if (engram_walk_open(s->of->engram, diff->top, &s->walk, f) < 0 ||
        (strcmp(diff->top, "/") == 0 && totals_open(&s->totals, f) < 0))
        return fault_about(f, s->of->name);
    return side_next(s, f);
}

static int side_check(struct side *s, struct fault *f)
{
    if (s->totals && totals_check(s->totals, engram_info(s->of->engram), f) < 0)
        return fault_about(f, s->of->name);
    return 0;
}

static void side_close(struct side *s)
{
    engram_walk_close(s->walk);
    totals_close(s->totals);
    engram_item_free(&s->item);
    engram_item_free(&s->file);
}

/* What a side's name is, as one that is found in both. */
static int side_version(struct side *s, struct engram_version *v, struct fault *f)
{
    const struct entry *e = &s->item.entry;
    char path[TEXT_SHOWN_BYTES];

    *v = (struct engram_version){.name = &s->item, .file = &s->item};
    if (e->type != ENTRY_HARD_LINK)
        return 0;
    v->file = &s->file;
    /* The names of one file tend to follow each other. */
    if (s->file.entry.path && strcmp(s->file.entry.path, e->link) == 0)
        return 0;
    if (engram_find_linked(s->of->engram, e->link, &s->file, f) == 0)
        return 0;
    if (f->code == FAULT_DAMAGED)
        fault_prefix(f, "%s", text_shown(path, e->path));
    return fault_about(f, s->of->name);
}

/* Is the name to be compared? */
static bool is_wanted(const struct engram_diff *diff, const char *path)
{
    return path_is_within(path, diff->top) &&
           (!diff->pattern || pathspec_holds(diff->pattern, path));
}

/* A name that both have. */
static int compare(const struct engram_diff *diff, struct side *a, struct side *b, struct fault *f)
{
    struct engram_difference d = {.change = CHANGE_CHANGED};
    const char *in_a = a->item.entry.link, *in_b = b->item.entry.link;
    bool linked_alike = in_a && in_b ? strcmp(in_a, in_b) == 0 : !in_a && !in_b;

    /* What there is to tell is told of at the first name. */
    if (linked_alike && in_a && is_wanted(diff, in_a))
        return 0;
    if (side_version(a, &d.a, f) < 0 || side_version(b, &d.b, f) < 0)
        return f->code;
    d.fields = fields_differ(d.a.file, d.b.file);
    if (!linked_alike)
        d.fields |= FIELD_BIT(FIELD_LINK);
    d.fields &= ~diff->ignore;
    return d.fields ? diff->tell(diff->context, &d, f) : 0;
}

/* Which side's name comes first: <0 that of a, >0 that of b, 0 they are the same. */
static int order_of(const struct side *a, const struct side *b)
{
    if (!a->more)
        return 1;
    return b->more ? path_compare(a->item.entry.path, b->item.entry.path) : -1;
}

/* A name that one of them has. */
static int tell_lone(const struct engram_diff *diff, struct side *s, enum engram_change change,
                     struct fault *f)
{
    struct engram_version v = {.name = &s->item, .file = &s->item};
    struct engram_difference d = {.change = change};

    *(change == CHANGE_REMOVED ? &d.a : &d.b) = v;
    return diff->tell(diff->context, &d, f);
}

static int merge(const struct engram_diff *diff, struct side *a, struct side *b, uint64_t *names,
                 struct fault *f)
{
    while (a->more || b->more) {
        int order = order_of(a, b), rc = 0;

        if (is_wanted(diff, (order <= 0 ? a : b)->item.entry.path)) {
            ++*names;
            rc = order < 0   ? tell_lone(diff, a, CHANGE_REMOVED, f)
                 : order > 0 ? tell_lone(diff, b, CHANGE_ADDED, f)
                             : compare(diff, a, b, f);
        }
        if (rc == 0 && order <= 0)
            rc = side_next(a, f);
        if (rc == 0 && order >= 0)
            rc = side_next(b, f);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int engram_diff(const struct engram_diff *diff, uint64_t *names, struct fault *f)
{
    struct side a = {.of = &diff->a}, b = {.of = &diff->b};
    int rc;

    *names = 0;
    rc = side_open(&a, diff, f);
    if (rc == 0)
        rc = side_open(&b, diff, f);
    if (rc == 0)
        rc = merge(diff, &a, &b, names, f);
    if (rc == 0)
        rc = side_check(&a, f);
    if (rc == 0)
        rc = side_check(&b, f);
    side_close(&a);
    side_close(&b);
    return rc < 0 ? rc : 0;
}
