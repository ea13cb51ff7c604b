/* SPDX-License-Identifier: MIT */
/* Which host files an input may name: those beneath its own directory, or beneath one allowed. */
#include "io/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/directory.h"
#include "base/text.h"

#ifdef ENGRAM_PORTABLE
enum { DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };
#else
enum { DIRECTORY_FLAGS = O_PATH | O_DIRECTORY | O_CLOEXEC };
#endif

/* A directory that files may lie beneath, and the two ways in which an absolute name may spell it.
 */
struct root {
    int fd;
    char *canonical; /* free of links */
    char *given;     /* as the user named it, made absolute */
};

struct confine {
    size_t count;
    struct root roots[]; /* the first is the outermost file's own, if it has one */
};

/* ---- names ---- */

/* Past slashes and "." components. */
static const char *skip_nothing(const char *p)
{
    for (;;) {
        p += strspn(p, "/");
        if (p[0] != '.' || (p[1] != '/' && p[1] != '\0'))
            return p;
        p++;
    }
}

/* What is left of an absolute path beneath the directory `prefix`, or NULL if it is not spelled as
 * beneath it.  ".." is compared as a name like any other: cancelling it against a component that
 * may be a link could name another file. */
static const char *after_prefix(const char *path, const char *prefix)
{
    for (;;) {
        size_t n;

        path = skip_nothing(path);
        prefix = skip_nothing(prefix);
        if (*prefix == '\0')
            return path;
        n = strcspn(prefix, "/");
        if (strcspn(path, "/") != n || memcmp(path, prefix, n) != 0)
            return NULL;
        path += n;
        prefix += n;
    }
}

/* The length of the directory part: "/a/b" -> 2, "/a" -> 0. */
static size_t parent_length(const char *path, size_t length)
{
    while (length > 0 && path[length - 1] != '/')
        length--;
    while (length > 0 && path[length - 1] == '/')
        length--;
    return length;
}

/*
 * The absolute form of a name found in directory `from`.  Leading ".." are cancelled against it,
 * which is exact, because it is free of links; later ones are left to the kernel.
 */
static char *absolute_name(const char *from, const char *name)
{
    size_t keep = strcmp(from, "/") == 0 ? 0 : strlen(from);
    char *absolute;

    if (name[0] == '/')
        return strdup(name);
    for (name = skip_nothing(name); strncmp(name, "../", 3) == 0; name = skip_nothing(name + 3))
        keep = parent_length(from, keep);
    return asprintf(&absolute, "%.*s/%s", (int)keep, from, name) < 0 ? NULL : absolute;
}

/* The directory of an absolute path as somebody spelled it, slashes doubled or at its end and all.
 */
static char *parent_of(const char *path)
{
    size_t n = parent_length(path, strlen(path));

    return n == 0 ? strdup("/") : strndup(path, n);
}

/* ---- the directories allowed ---- */

static char *absolute_spelling(const char *dir)
{
    char cwd[PATH_MAX];
    char *absolute;

    if (dir[0] == '/')
        return strdup(dir);
    if (!getcwd(cwd, sizeof(cwd)))
        return NULL;
    return asprintf(&absolute, "%s/%s", cwd, dir) < 0 ? NULL : absolute;
}

static int root_open(struct root *root, const char *dir, struct fault *f)
{
    root->fd = open(dir, DIRECTORY_FLAGS);
    root->canonical = root->fd < 0 ? NULL : realpath(dir, NULL);
    root->given = root->canonical ? absolute_spelling(dir) : NULL;
    if (root->given)
        return 0;
    fault_errno(f, errno, "cannot open directory");
    return fault_about(f, dir);
}

int confine_open(const char *path, const char *const *dirs, size_t count, struct confine **out,
                 struct fault *f)
{
    struct confine *c = calloc(1, sizeof(*c) + (count + 1) * sizeof(c->roots[0]));
    char *own = path ? directory_of(path) : NULL;
    int err = 0;

    if (!c || (path && !own))
        err = fault_memory(f, "the directories that files may lie in", sizeof(*c));
    if (err == 0 && own)
        err = root_open(&c->roots[c->count++], own, f);
    for (size_t i = 0; err == 0 && i < count; i++)
        err = root_open(&c->roots[c->count++], dirs[i], f);
    free(own);
    if (err != 0) {
        confine_close(c);
        return err;
    }
    *out = c;
    return 0;
}

const char *confine_directory(const struct confine *c)
{
    return c->roots[0].canonical;
}

const char *confine_allowed(const struct confine *c, size_t i)
{
    return i < c->count ? c->roots[i].canonical : NULL;
}

void confine_close(struct confine *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++) {
        if (c->roots[i].fd >= 0)
            close(c->roots[i].fd);
        free(c->roots[i].canonical);
        free(c->roots[i].given);
    }
    free(c);
}

/* ---- files ---- */

/* Not an errno value: no allowed directory has the path. */
enum { NOT_BENEATH = -2 };

/* Open an absolute path beneath the first root that has it: as beneath_open, or NOT_BENEATH.  EXDEV
 * if it is spelled as beneath one, but a link leads out of all of them. */
static int open_beneath_roots(const struct confine *c, const char *absolute, int *fd)
{
    int error = NOT_BENEATH;

    for (size_t i = 0; i < c->count; i++) {
        const struct root *root = &c->roots[i];
        const char *rest = after_prefix(absolute, root->canonical);
        int now;

        if (!rest)
            rest = after_prefix(absolute, root->given);
        if (!rest)
            continue;
        now = beneath_open(root->fd, rest, fd);
        if (now != EXDEV)
            return now;
        error = EXDEV;
    }
    return error;
}

/* A link leads out of the directory that it lies in: perhaps to another one that is allowed.
 * *absolute becomes what it leads to. */
static int open_link_target(const struct confine *c, char **absolute, int *fd)
{
    char *target = realpath(*absolute, NULL);

    if (!target)
        return errno;
    free(*absolute);
    *absolute = target;
    return open_beneath_roots(c, target, fd);
}

static int explain(int error, const char *absolute, const char *name,
                   const struct confine_words *words, struct fault *f)
{
    char quoted[512];
    char where[384];
    char *dir;

    text_escape(quoted, sizeof(quoted), name, strlen(name));
    if (error == BENEATH_NOT_REGULAR)
        return fault_set(f, FAULT_UNSUPPORTED, "%s \"%s\" is not a regular file", words->what,
                         quoted);
    if (error != NOT_BENEATH && error != EXDEV)
        return fault_errno(f, error, "%s \"%s\"", words->what, quoted);
    dir = parent_of(absolute);
    if (!dir)
        return fault_memory(f, "a path", strlen(absolute));
    text_escape(where, sizeof(where), dir, strlen(dir));
    free(dir);
    return fault_set(f, FAULT_UNSUPPORTED,
                     "%s \"%s\" lies outside the %s's directory (%s=%s allows it)", words->what,
                     quoted, words->from, words->option, where);
}

/* The canonical directory of an absolute path. */
static int find_directory(const char *absolute, char **directory, struct fault *f)
{
    char *dir = parent_of(absolute);

    *directory = dir ? realpath(dir, NULL) : NULL;
    if (!*directory)
        fault_errno(f, errno, "cannot resolve a directory");
    free(dir);
    return *directory ? 0 : f->code;
}

int confine_file(const struct confine *c, const char *from, const char *name,
                 const struct confine_words *words, int *fd, char **directory, struct fault *f)
{
    char *named = absolute_name(from, name);
    char *absolute = named ? strdup(named) : NULL;
    int err = 0;
    int error;

    if (!absolute) {
        err = fault_memory(f, "a path", strlen(from) + strlen(name));
        goto out;
    }
    error = open_beneath_roots(c, absolute, fd);
    if (error == EXDEV)
        error = open_link_target(c, &absolute, fd);
    if (error != 0) {
        err = explain(error, absolute, name, words, f);
        goto out;
    }
    err = find_directory(named, directory, f);
    if (err != 0)
        close(*fd);
out:
    free(absolute);
    free(named);
    return err;
}
