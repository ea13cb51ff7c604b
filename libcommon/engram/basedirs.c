/* SPDX-License-Identifier: MIT */
/* Finds the base of an engram among the files of the directories where it may lie. */
#include "engram/basedirs.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/directory.h"
#include "base/text.h"

/* One search. */
struct search {
    struct basedirs *b;
    const struct baseref *wanted;
    struct source *found;
    struct source *other; /* has the name, but is not the base */
};

/* The file's name for messages: in the directory as the user named it. */
static char *path_for_messages(const struct basedirs *b, size_t dir, const char *name)
{
    char *own = NULL, *path = NULL;
    const char *in;

    if (b->path && dir == 0) {
        if (!strchr(b->path, '/'))
            return strdup(name);
        in = own = directory_of(b->path);
    } else {
        in = b->dirs[dir - (b->path != NULL)];
    }
    if (in && asprintf(&path, "%s%s%s", in, in[strlen(in) - 1] == '/' ? "" : "/", name) < 0)
        path = NULL;
    free(own);
    return path;
}

/* Open a file of a directory by its name, as far as that is allowed. */
static int open_file(const struct basedirs *b, size_t dir, const char *name, struct source **out,
                     struct fault *f)
{
    const struct confine_words words = {.what = "base", .from = "engram", .option = "--base-dir"};
    char *directory, *path;
    int fd, rc;

    if (confine_file(b->confine, confine_allowed(b->confine, dir), name, &words, &fd, &directory,
                     f) < 0)
        return f->code;
    free(directory); /* a base's base is looked for in the same places */
    path = path_for_messages(b, dir, name);
    rc = source_from_fd(fd, path ? path : name, out, f);
    free(path);
    return rc;
}

/* Keep a source if it is the base. */
static int consider(struct search *s, struct source *candidate, bool has_name, struct fault *f)
{
    struct baseref_seen seen;
    int rc = baseref_look(candidate, &seen, f);

    if (rc < 0)
        fault_about(f, candidate->name);
    else if (baseref_is(s->wanted, &seen))
        s->found = candidate;
    else if (has_name && !s->other)
        s->other = candidate;
    if (candidate != s->found && candidate != s->other)
        source_close(candidate);
    return rc;
}

/* ---- by its name ---- */

static int try_name(struct search *s, size_t dir, struct fault *f)
{
    struct source *candidate;
    struct stat st;
    char *path;
    bool missing;

    if (asprintf(&path, "%s/%s", confine_allowed(s->b->confine, dir), s->wanted->name) < 0)
        return fault_memory(f, "a path", strlen(s->wanted->name));
    missing = lstat(path, &st) != 0 && errno == ENOENT;
    free(path);
    if (missing)
        return 0;
    if (open_file(s->b, dir, s->wanted->name, &candidate, f) < 0)
        return f->code;
    return consider(s, candidate, true, f);
}

/* ---- renamed ---- */

struct names {
    char **list;
    size_t count, room;
};

static void free_names(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->list[i]);
    free(n->list);
}

static int add_name(struct names *n, const char *name, struct fault *f)
{
    char **list = array_grow(n->list, n->count, &n->room, sizeof(*list), "names", f);

    if (!list)
        return f->code;
    n->list = list;
    n->list[n->count] = strdup(name);
    if (!n->list[n->count])
        return fault_memory(f, "a name", strlen(name));
    n->count++;
    return 0;
}

/* The directory's names that end as engrams' do. */
static int read_names(const char *directory, struct names *n, struct fault *f)
{
    DIR *d = opendir(directory);
    const struct dirent *e;
    size_t seen = 0;
    int rc = 0;

    if (!d)
        return fault_errno(f, errno, "cannot look for the base in this directory");
    while (rc == 0 && (errno = 0, e = readdir(d)) != NULL) {
        if (++seen > BASEDIRS_NAMES_MAX)
            rc = fault_set(f, FAULT_SYSTEM,
                           "has more than %d names, too many to look for a renamed base",
                           BASEDIRS_NAMES_MAX);
        else if (fnmatch("*.engram", e->d_name, 0) == 0)
            rc = add_name(n, e->d_name, f);
    }
    if (rc == 0 && errno != 0)
        rc = fault_errno(f, errno, "cannot look for the base in this directory");
    closedir(d);
    return rc;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What cannot be opened or read is not what is looked for. */
static int try_all(struct search *s, size_t dir, struct fault *f)
{
    const char *directory = confine_allowed(s->b->confine, dir);
    struct names n = {0};
    struct source *candidate;
    struct fault ignored;
    int rc = read_names(directory, &n, f);

    if (rc < 0)
        fault_about(f, directory);
    else if (n.count)
        qsort(n.list, n.count, sizeof(*n.list), by_bytes);
    for (size_t i = 0; rc == 0 && i < n.count && !s->found; i++)
        if (open_file(s->b, dir, n.list[i], &candidate, &ignored) == 0)
            consider(s, candidate, false, &ignored);
    free_names(&n);
    return rc;
}

/* ---- all places ---- */

static int missing(const struct search *s, struct fault *f)
{
    char name[BASEREF_SHOWN_BYTES], digest[SHA256_HEX_BYTES], own[400] = "";
    const struct basedirs *b = s->b;
    char *dir = b->path ? directory_of(b->path) : NULL;

    baseref_shown(s->wanted, name);
    sha256_hex(s->wanted->identity, digest);
    if (dir)
        text_escape(own, sizeof(own), dir, strlen(dir));
    free(dir);
    if (!b->path && b->dir_count == 0)
        return fault_set(f, FAULT_SYSTEM,
                         "its base \"%s\" (sha256 %.16s...) cannot be looked for: what comes from "
                         "standard input lies in no directory (--base-dir=DIR names one)",
                         name, digest);
    return fault_set(f, FAULT_SYSTEM,
                     "its base \"%s\" (sha256 %.16s...) is not in %s%s%s%s%s; --base-dir=DIR names "
                     "other places",
                     name, digest, b->path ? "directory \"" : "", own, b->path ? "\"" : "",
                     b->path && b->dir_count ? " or " : "", b->dir_count ? "any --base-dir" : "");
}

static int search_all(struct search *s, struct fault *f)
{
    const struct confine *c = s->b->confine;
    int rc = 0;

    for (size_t i = 0; rc == 0 && !s->found && confine_allowed(c, i); i++)
        rc = try_name(s, i, f);
    for (size_t i = 0; rc == 0 && !s->found && confine_allowed(c, i); i++)
        rc = try_all(s, i, f);
    return rc;
}

int basedirs_find(void *context, const struct baseref *wanted, struct source **out, struct fault *f)
{
    struct basedirs *b = context;
    struct search s = {.b = b, .wanted = wanted};
    int rc = 0;

    if (!b->path && b->dir_count == 0)
        return missing(&s, f);
    if (!b->confine && confine_open(b->path, b->dirs, b->dir_count, &b->confine, f) < 0)
        return f->code;
    rc = search_all(&s, f);
    if (rc == 0 && !s.found && !s.other)
        rc = missing(&s, f);
    if (rc < 0 || s.found)
        source_close(s.other);
    if (rc == 0)
        *out = s.found ? s.found : s.other;
    return rc;
}

void basedirs_close(struct basedirs *b)
{
    confine_close(b->confine);
    b->confine = NULL;
}
