/* SPDX-License-Identifier: MIT */
/* Paths followed through an engram's tree, name by name. */
#include "engram/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* A path under way: the clean part that was followed so far, and what is still to follow. */
struct route {
    struct engram *g;
    const char *given;
    char *done;       /* owned; "/" or without a slash at the end */
    char *rest;       /* owned */
    const char *next; /* into rest */
    int links;        /* symbolic links followed */
    int names;        /* looked up */
};

/* "DIRECTORY/NAME"; NULL without memory. */
static char *join(const char *directory, const char *name, size_t name_len)
{
    size_t len = strcmp(directory, "/") == 0 ? 0 : strlen(directory);
    char *path = malloc(len + name_len + 2);

    if (path != NULL) {
        memcpy(path, directory, len);
        path[len] = '/';
        memcpy(path + len + 1, name, name_len);
        path[len + 1 + name_len] = '\0';
    }
    return path;
}

/* done becomes its parent; the root's is the root. */
static void go_up(char *done)
{
    char *slash = strrchr(done, '/');

    slash[slash == done] = '\0';
}

/* Go on with what a symbolic link says, then with what came after the link. */
static int follow_link(struct route *r, const char *target, struct fault *f)
{
    size_t len = strlen(target);
    char *rest;

    if (len > RESOLVE_TARGET_MAX)
        return fault_set(f, FAULT_SYSTEM, "a symbolic link to a path of %zu bytes, more than %d",
                         len, RESOLVE_TARGET_MAX);
    if (++r->links > RESOLVE_LINKS_MAX)
        return fault_set(f, FAULT_SYSTEM, "more than %d symbolic links", RESOLVE_LINKS_MAX);
    if (asprintf(&rest, "%s%s", target, r->next) < 0)
        return fault_memory(f, "a path", len + strlen(r->next));
    free(r->rest);
    r->next = r->rest = rest;
    if (target[0] == '/')
        r->done[1] = '\0';
    return 0;
}

/* The entry at `path`; of a hard link its file, if that is what is wanted. */
static int look_up(struct route *r, const char *path, bool want_file, struct engram_item *item,
                   bool *found, struct fault *f)
{
    int rc = engram_find(r->g, path, item, found, f);
    char *first;

    if (rc < 0 || !*found || !want_file || item->entry.type != ENTRY_HARD_LINK)
        return rc;
    first = strdup(item->entry.link);
    if (first == NULL)
        return fault_memory(f, "a path", strlen(item->entry.link));
    rc = engram_find_linked(r->g, first, item, f);
    free(first);
    return rc;
}

/* `at`, with r->next to come after it, is not in the tree; or (is_there) it is no directory. */
static void tell_missing(const struct route *r, const char *at, bool is_there, struct fault *f)
{
    char given[TEXT_SHOWN_BYTES], end[TEXT_SHOWN_BYTES], rest[TEXT_SHOWN_BYTES];

    text_shown(given, r->given);
    text_shown(end, at);
    if (is_there)
        fault_set(f, FAULT_SYSTEM, "there is no %s: %s is no directory", given, end);
    else if (r->links > 0)
        fault_set(f, FAULT_SYSTEM, "%s leads to %s%s, which the engram does not have", given, end,
                  text_shown(rest, r->next));
    else
        fault_set(f, FAULT_SYSTEM, "there is no %s", given);
}

/* Follow one name, which is neither empty nor a dot or two. */
static int follow_name(struct route *r, size_t len, enum resolve_last last,
                       struct engram_item *item, bool *found, struct fault *f)
{
    char *path = join(r->done, r->next, len);
    bool at_end = r->next[len] == '\0';
    bool through = !at_end || last == RESOLVE_FILE; /* is a link to be followed here? */
    int rc;

    if (path == NULL)
        return fault_memory(f, "a path", len);
    r->next += len;
    if (++r->names > RESOLVE_NAMES_MAX) {
        free(path);
        return fault_set(f, FAULT_SYSTEM, "more than %d names on the way", RESOLVE_NAMES_MAX);
    }
    rc = look_up(r, path, through, item, found, f);
    if (rc < 0 || !*found) {
        if (rc == 0)
            tell_missing(r, path, false, f);
        free(path);
        return rc;
    }
    if (through && item->entry.type == ENTRY_SYMLINK) {
        free(path);
        return follow_link(r, item->entry.target, f);
    }
    if (!at_end && item->entry.type != ENTRY_DIRECTORY) {
        tell_missing(r, path, true, f);
        *found = false;
    }
    free(r->done);
    r->done = path;
    return 0;
}

static int follow(struct route *r, enum resolve_last last, struct engram_item *item, bool *found,
                  struct fault *f)
{
    int rc;

    *found = true;
    while (*r->next != '\0') {
        size_t len = strcspn(r->next, "/");

        if (len == 0) {
            r->next++;
        } else if (len <= 2 && strncmp(r->next, "..", len) == 0) {
            if (len == 2)
                go_up(r->done);
            r->next += len;
        } else if ((rc = follow_name(r, len, last, item, found, f)) < 0 || !*found) {
            return rc;
        }
    }
    /* What was looked up last may be a link that led on, or what a `..` led away from. */
    if (item->entry.path != NULL && strcmp(item->entry.path, r->done) == 0)
        return 0;
    rc = look_up(r, r->done, last == RESOLVE_FILE, item, found, f);
    if (rc == 0 && !*found)
        tell_missing(r, r->done, false, f);
    return rc;
}

int engram_resolve(struct engram *g, const char *path, enum resolve_last last,
                   struct engram_item *item, bool *found, struct fault *f)
{
    struct route r = {.g = g, .given = path};
    int rc;

    if (*path == '\0')
        return fault_set(f, FAULT_SYSTEM, "an empty path");
    r.done = strdup("/");
    r.rest = strdup(path);
    r.next = r.rest;
    if (r.done == NULL || r.rest == NULL)
        rc = fault_memory(f, "a path", strlen(path));
    else
        rc = follow(&r, last, item, found, f);
    if (rc < 0) {
        char shown[400];

        text_escape(shown, sizeof(shown), path, strlen(path));
        fault_prefix(f, "%s", shown);
    }
    free(r.done);
    free(r.rest);
    return rc;
}
