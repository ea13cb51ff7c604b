/* SPDX-License-Identifier: MIT */
/* The walk that unpacks: always within one directory that is held open. */
#include "engram/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "engram/levels.h"
#include "engram/place.h"
#include "engram/restore.h"
#include "engram/selectwalk.h"
#include "engram/soundwalk.h"
#include "engram/strip.h"
#include "manifest/names.h"
#include "manifest/path.h"

struct unpack {
    struct engram *g;
    struct progress *progress;
    bool replace;
    struct restore_losses losses;
    struct strip strip;
    int root;                /* the directory itself */
    mode_t root_mode;        /* that it has again after a failure */
    mode_t rootless_mode;    /* that it is to have if the tree's root is not made there */
    bool rooted;             /* its levels have begun */
    struct levels levels;    /* the directories that are being filled */
    struct engram_item item; /* its path is where it is to be: see unpack_entry */
    const char *name;        /* the whole path, as the engram has it */
    struct names *files;     /* all so far that a hard link can name, by these paths */
    struct names *lost;      /* those of them that the system did not let us make */
};

/* The last component of a clean path. */
static const char *name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

static int damaged(const char *path, const char *what, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    return fault_set(f, FAULT_DAMAGED, "%s: %s", text_shown(shown, path), what);
}

/* Where the entry is to be made. */
static struct place place_of(const struct unpack *u)
{
    return (struct place){
        .dir = u->levels.dir, .name = name_of(u->item.entry.path), .replace = u->replace};
}

/* ---- the kinds of entry ---- */

static int write_file(struct unpack *u, const struct engram_item *item, int fd, struct fault *f)
{
    struct sink *to;
    char *where;
    int rc;

    if (asprintf(&where, "%s%s", u->losses.where, item->entry.path) < 0)
        return fault_memory(f, "a path", strlen(item->entry.path));
    if ((rc = sink_to_sparse_file(fd, where, &to, f)) == 0) {
        rc = engram_read_file(u->g, item, to, f);
        if (rc == 0)
            rc = sink_finish(to, f);
        sink_close(to);
    }
    free(where);
    return rc;
}

/* Give what was just made its metadata; owns fd. */
static int end_entry(struct unpack *u, const struct entry *e, int fd, struct fault *f)
{
    bool lost = !restore_clear_acls(fd, e, &u->losses);
    int rc = restore_metadata(fd, e, lost, &u->losses, f);

    if (close(fd) < 0 && rc == 0)
        rc = restore_failed(e->path, "write failed", f);
    return rc;
}

static int unpack_file(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    struct place place = place_of(u);
    int fd, rc = place_file(&place, e, &u->losses, &fd, f);

    if (rc < 0)
        return rc;
    rc = write_file(u, &u->item, fd, f);
    if (rc == 0)
        rc = end_entry(u, e, fd, f);
    else
        close(fd);
    if (rc < 0) {
        place_discard(&place); /* no file that is not whole stays */
        return rc;
    }
    if (u->progress != NULL)
        progress_add(u->progress, entry_data_bytes(e));
    rc = place_finish(&place, e, f);
    return rc < 0 ? rc : names_add(u->files, u->name, f);
}

static int unpack_directory(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    struct place place = place_of(u);
    mode_t before;
    int fd, rc = place_directory(&place, e, &u->losses, &fd, &before, f);

    return rc < 0 ? rc : levels_down(&u->levels, e, fd, before, f);
}

static int unpack_special(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    struct place place = place_of(u);
    int fd, rc = place_special(&place, e, &u->losses, &fd, f);

    if (rc < 0 || (fd < 0 && (rc = names_add(u->lost, u->name, f)) < 0))
        return rc;
    if (fd >= 0) {
        if ((rc = end_entry(u, e, fd, f)) < 0)
            place_discard(&place);
        else
            rc = place_finish(&place, e, f);
    }
    return rc < 0 ? rc : names_add(u->files, u->name, f);
}

/* Open the directory that holds a path, from the root down, no link followed; *fd -1 and errno if
 * the system does not let us. */
static int open_directory_of(const struct unpack *u, const char *path, int *out, struct fault *f)
{
    char *names = strdup(path), *slash;
    int fd = fcntl(u->root, F_DUPFD_CLOEXEC, 0);

    if (names == NULL) {
        close(fd);
        return fault_memory(f, "a path", strlen(path));
    }
    for (char *name = names + 1; fd >= 0 && (slash = strchr(name, '/')) != NULL; name = slash + 1) {
        int above = fd;

        *slash = '\0';
        fd = openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(above);
    }
    free(names);
    *out = fd;
    return fd < 0 && errno != EACCES ? restore_failed(path, "its directory cannot be opened", f)
                                     : 0;
}

static int unpack_hard_link(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    const char *first = strip_path(&u->strip, e->link);
    struct place place = place_of(u);
    int from = -1, rc;

    /* What was there before us is never linked to, nor what is yet to be made. */
    if (!names_have(u->files, e->link))
        return damaged(e->path, "a hard link names what is no file", f);
    if (names_have(u->lost, e->link))
        return restore_lose_name(e, &u->losses, "hard link", "its first name was not made");
    if (strcmp(first, e->path) == 0) /* without their first names, they are one */
        return 0;
    if ((rc = open_directory_of(u, first, &from, f)) < 0)
        return rc;
    if (from < 0)
        return restore_lose_name(e, &u->losses, "hard link", strerror(EACCES));
    rc = place_link(&place, from, name_of(first), e, &u->losses, f);
    close(from);
    return rc;
}

/* The directory itself is to be filled. */
static int start_root(struct unpack *u, const struct entry *e, mode_t before, struct fault *f)
{
    u->rooted = true;
    return levels_down(&u->levels, e, fcntl(u->root, F_DUPFD_CLOEXEC, 0), before, f);
}

static int unpack_root(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;

    if (path_parent_length(e->path) != 0 || e->type != ENTRY_DIRECTORY)
        return damaged(e->path, "the first entry is not the root directory", f);
    return start_root(u, e, u->root_mode, f);
}

static int make_entry(struct unpack *u, struct fault *f)
{
    const struct entry *e = &u->item.entry;
    int rc;

    if (u->levels.depth == 0)
        return unpack_root(u, f);
    if ((rc = levels_up_to(&u->levels, e->path, f)) < 0)
        return rc;
    switch (e->type) {
    case ENTRY_FILE:
        return unpack_file(u, f);
    case ENTRY_DIRECTORY:
        return unpack_directory(u, f);
    case ENTRY_HARD_LINK:
        return unpack_hard_link(u, f);
    default:
        return unpack_special(u, f);
    }
}

/* The entry as the engram has it; it is made under what stays of its path. */
static int unpack_entry(struct unpack *u, struct fault *f)
{
    struct entry *e = &u->item.entry;
    char *whole = e->path;
    const char *stays = strip_path(&u->strip, whole);
    int rc;

    if (stays == NULL)
        return 0;
    if ((rc = strip_relink(&u->strip, u->g, &u->item, f)) < 0)
        return rc;
    u->name = whole;
    e->path = whole + (stays - whole);
    if (u->progress != NULL)
        progress_file(u->progress, e->path);
    rc = make_entry(u, f);
    e->path = whole;
    return rc;
}

/* ---- the whole ---- */

static int unpack_all(struct unpack *u, struct select_walk *w, struct sound_walk *sound,
                      struct fault *f)
{
    bool more = true;
    int rc = 0;

    /* Without its first names the tree has no root: the directory only holds what is unpacked. */
    if (u->strip.components > 0)
        rc = start_root(u, NULL, u->rootless_mode, f);
    while (rc == 0) {
        rc = sound ? sound_walk_next(sound, &u->item, &more, f)
                   : select_walk_next(w, &u->item, &more, f);
        if (rc < 0 || !more)
            break;
        rc = unpack_entry(u, f);
    }
    return rc < 0 ? rc : levels_finish(&u->levels, f);
}

static int walk(struct unpack *u, const struct unpack_options *options, struct selection *selection,
                struct fault *f)
{
    struct sound_walk *sound = NULL;
    struct select_walk *w;
    int rc = select_walk_open(u->g, selection, &w, f);

    if (rc < 0)
        return rc;
    select_walk_read_ahead(w);
    if (options->keep_going)
        rc = sound_walk_open(u->g, w, true, options->notices, &sound, f);
    if (rc == 0)
        rc = unpack_all(u, w, sound, f);
    sound_walk_close(sound);
    select_walk_close(w);
    return rc;
}

/* The sums, after what was told name by name. */
static void tell_sums(const struct restore_losses *l)
{
    if (l->unset > 0)
        notice(l->notices, NOTICE_LOSS, NULL,
               "%" PRIu64 " name%s a ctime or crtime, which cannot be set", l->unset,
               l->unset == 1 ? " has" : "s have");
    if (l->names > 0)
        notice(l->notices, NOTICE_LOSS, NULL, "%" PRIu64 " name%s could not be restored in full",
               l->names, l->names == 1 ? "" : "s");
}

static int open_root(struct unpack *u, const struct unpack_options *options, struct fault *f)
{
    const char *directory = options->directory;
    bool made = mkdir(directory, 0700) == 0;
    struct stat st;

    if (!made && errno != EEXIST) {
        fault_errno(f, errno, "cannot make the directory");
        return fault_about(f, directory);
    }
    u->root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (u->root < 0 || fstat(u->root, &st) < 0) {
        fault_errno(f, errno, "cannot open the directory");
        return fault_about(f, directory);
    }
    u->root_mode = made ? 0700 : st.st_mode & 07777;
    u->rootless_mode = made ? options->made_mode : u->root_mode;
    /* If it is somebody else's, it stays as it is. */
    (void)fchmod(u->root, 0700);
    return 0;
}

static int open_all(struct unpack *u, const struct unpack_options *options, struct fault *f)
{
    if (names_open(&u->files, f) < 0 || names_open(&u->lost, f) < 0)
        return f->code;
    return open_root(u, options, f);
}

static void close_all(struct unpack *u)
{
    levels_close(&u->levels);
    strip_free(&u->strip);
    engram_item_free(&u->item);
    names_close(u->files);
    names_close(u->lost);
    if (u->root >= 0)
        close(u->root);
}

static int unpack_selected(struct unpack *u, const struct unpack_options *options,
                           struct selection *selection, struct fault *f)
{
    int rc = open_all(u, options, f);

    if (rc == 0 && (rc = walk(u, options, selection, f)) < 0)
        (void)fchmod(u->root, u->root_mode); /* it did not become the tree's root */
    else if (rc == 0 && !u->rooted)          /* nothing was selected */
        (void)fchmod(u->root, u->rootless_mode);
    if (rc == 0)
        tell_sums(&u->losses);
    close_all(u);
    return rc;
}

int engram_unpack(struct engram *g, const struct unpack_options *options, struct fault *f)
{
    const struct selection_wanted everything = {0};
    struct selection *selection = options->selection, *all = NULL;
    struct unpack u = {
        .g = g,
        .progress = options->progress,
        .replace = options->overwrite,
        .losses = {.notices = options->notices,
                   .any_owner = options->any_owner,
                   .where = options->directory},
        .strip.components = options->strip_components,
        .root = -1,
        .levels.dir = -1,
    };
    int rc;

    u.levels.losses = &u.losses;
    if (selection == NULL) {
        if (selection_open(g, &everything, &all, f) < 0)
            return f->code;
        selection = all;
    }
    rc = unpack_selected(&u, options, selection, f);
    selection_close(all);
    return rc;
}
