/* SPDX-License-Identifier: MIT */
/* Checks that entries come in order, each below a directory, each hard link after its file. */

/*
 * In depth-first order everything between a directory and what it holds lies within that directory.
 * So an entry's parent has been seen exactly if it is the entry just before this one or one that
 * this one's predecessor lies in, and only the predecessor need be remembered.  Files that a hard
 * link may name must all be remembered, unless whoever makes the entries knows better (only_name).
 */
#include "manifest/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/names.h"
#include "manifest/path.h"
#include "manifest/record.h"

struct order {
    struct names *files;
    enum entry_type last_type;
    char last[RECORD_PATH_MAX + 1]; /* empty before the first */
    char parent[RECORD_PATH_MAX + 1];
};

int order_open(struct order **out, struct fault *f)
{
    struct order *o = calloc(1, sizeof(*o));
    int rc;

    if (o == NULL)
        return fault_memory(f, "the order of names", sizeof(*o));
    rc = names_open(&o->files, f);
    if (rc < 0)
        free(o);
    else
        *out = o;
    return rc;
}

/* One or two paths, made fit for a message. */
static int refuse(struct fault *f, const char *a, const char *words, const char *b)
{
    char first[400], second[400];

    text_escape(first, sizeof(first), a, strlen(a));
    text_escape(second, sizeof(second), b, strlen(b));
    return fault_set(f, FAULT_DAMAGED, "%s %s %s", first, words, second);
}

static int check_place(const struct order *o, const char *path, struct fault *f)
{
    if (o->last[0] == '\0')
        return path[1] == '\0' ? 0 : refuse(f, path, "comes first, which must be", "/");
    if (path_compare(o->last, path) >= 0)
        return refuse(f, path, "is not in order after", o->last);
    return 0;
}

static int check_parent(struct order *o, const char *path, struct fault *f)
{
    size_t len = path_parent_length(path);

    memcpy(o->parent, path, len);
    o->parent[len] = '\0';
    if (len == 0)
        return 0;
    if (!path_is_within(o->last, o->parent))
        return refuse(f, path, "comes without a record of", o->parent);
    if (strcmp(o->last, o->parent) == 0 && o->last_type != ENTRY_DIRECTORY)
        return refuse(f, path, "lies below what is not a directory:", o->parent);
    return 0;
}

int order_admit(struct order *o, const struct entry *e, struct fault *f)
{
    int rc;

    if ((rc = check_place(o, e->path, f)) < 0 || (rc = check_parent(o, e->path, f)) < 0)
        return rc;
    if (e->type == ENTRY_HARD_LINK) {
        if (!names_have(o->files, e->link))
            return refuse(f, e->path, "is a hard link to what is no file before it:", e->link);
    } else if (e->type != ENTRY_DIRECTORY && !e->only_name) {
        if ((rc = names_add(o->files, e->path, f)) < 0)
            return rc;
    }
    memcpy(o->last, e->path, strlen(e->path) + 1);
    o->last_type = e->type;
    return 0;
}

void order_close(struct order *o)
{
    if (o == NULL)
        return;
    names_close(o->files);
    free(o);
}
