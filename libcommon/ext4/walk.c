/* SPDX-License-Identifier: MIT */
/* The walk: every name of the tree, depth first, in order. */
#include "ext4/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ext4/map.h"

/* Memory for a directory's names that is kept for the next one; more is given back. */
enum { LISTING_KEPT_BYTES = 64 << 10 };

int ext4_walk_open(struct ext4 *fs, const struct ext4_selection *selection, struct ext4_walk **out,
                   struct fault *f)
{
    struct ext4_walk *w = calloc(1, sizeof(*w));
    int code;

    if (!w)
        return fault_memory(f, "a walk", sizeof(*w));
    w->fs = fs;
    w->selection = *selection;
    w->whole = ext4_selects_all(selection);
    if ((code = ext4_seen_open(&w->seen, fs->super.inodes_count, f)) != 0)
        goto fail;
    w->target = malloc(fs->super.block_size);
    if (!w->target) {
        code = fault_memory(f, "a symbolic link", fs->super.block_size);
        goto fail;
    }
    fs->about = w->path;
    *out = w;
    return 0;
fail:
    ext4_walk_close(w);
    return code;
}

void ext4_walk_close(struct ext4_walk *w)
{
    if (!w)
        return;
    w->fs->about = NULL;
    for (size_t i = 0; i < w->room; i++)
        ext4_listing_free(&w->frames[i].listing);
    free(w->frames);
    ext4_seen_close(&w->seen);
    ext4_table_free(&w->links);
    ext4_places_free(&w->places);
    ext4_inode_free(&w->inode);
    ext4_map_free(&w->map);
    free(w->target);
    free(w);
}

/* The current name is the directory itself again. */
static void back_to(struct ext4_walk *w, const struct frame *frame)
{
    w->path[frame->path_length] = '\0';
    if (frame->path_length == 0)
        strcpy(w->path, "/");
}

/* Two links for `.` and the name, and one for the `..` of each directory in it; or 1, which stands
 * for more than can be counted. */
static int check_links(struct ext4_walk *w, const struct frame *frame, struct fault *f)
{
    if (!w->whole || w->fs->losses != frame->losses || frame->links == 1 ||
        frame->links == frame->directories + 2)
        return 0;
    fault_set(f, FAULT_DAMAGED, "inode %u: a link count of %u, but %u directories are in it",
              frame->inode, frame->links, frame->directories);
    return ext4_lose(w->fs, f, "going by the names");
}

/* All names of the last directory on the way have been visited. */
static int leave(struct ext4_walk *w, struct fault *f)
{
    struct frame *frame = &w->frames[--w->depth];
    struct ext4_listing *listing = &frame->listing;

    if (listing->room * sizeof(*listing->entries) + listing->names_room > LISTING_KEPT_BYTES)
        ext4_listing_free(listing);
    back_to(w, frame);
    return check_links(w, frame, f);
}

static int visit_root(struct ext4_walk *w, struct ext4_node *node, bool *skip, struct fault *f)
{
    const struct ext4_name root = {
        .inode = EXT4_ROOT_INO,
        .parent = EXT4_ROOT_INO,
        .selected = ext4_select(&w->selection, "/", EXT4_ON_THE_WAY),
    };

    w->started = true;
    strcpy(w->path, "/");
    return ext4_visit(w, &root, node, skip, f);
}

/* Put the path of an entry together, and visit it if it is selected. */
static int visit_entry(struct ext4_walk *w, const struct frame *frame, size_t i,
                       struct ext4_node *node, bool *skip, struct fault *f)
{
    const struct ext4_dirent *entry = &frame->listing.entries[i];
    const char *text = ext4_dirent_name(&frame->listing, i);
    size_t text_length = strlen(text);
    struct ext4_name name = {
        .inode = entry->inode,
        .file_type = entry->file_type,
        .parent = frame->inode,
        .path_length = frame->path_length + 1 + text_length,
    };

    back_to(w, frame); /* what a fault is about while the name is not in it */
    if (name.path_length >= sizeof(w->path))
        return fault_set(f, FAULT_UNSUPPORTED,
                         "inode %u: its path of %zu bytes is longer than the %zu supported",
                         entry->inode, name.path_length, sizeof(w->path) - 1);
    w->path[frame->path_length] = '/';
    memcpy(w->path + frame->path_length + 1, text, text_length + 1);
    name.selected = ext4_select(&w->selection, w->path, frame->selected);
    *skip = name.selected == EXT4_SKIPPED;
    return *skip ? 0 : ext4_visit(w, &name, node, skip, f);
}

int ext4_walk_about(const struct ext4_walk *w, struct fault *f)
{
    char shown[EXT4_SHOWN_BYTES];

    text_escape(shown, sizeof(shown), w->path, strlen(w->path));
    return fault_prefix(f, "%s", shown);
}

/* After the last name: files that should have had more of them. */
static int check_names(struct ext4_walk *w, struct fault *f)
{
    const struct ext4_place *place = NULL;

    if (!w->whole || w->fs->losses > 0)
        return 0;
    while ((place = ext4_places_short(&w->places, place))) {
        strcpy(w->path, ext4_place_path(place, w->link));
        fault_set(f, FAULT_DAMAGED, "a link count of %u, but %u name%s", ext4_place_links(place),
                  ext4_place_met(place), ext4_place_met(place) == 1 ? "" : "s");
        if (ext4_lose(w->fs, f, "going by the names") != 0)
            return ext4_walk_about(w, f);
    }
    return 0;
}

/* Of a device whose size was known, what it lacks has been told when it was opened. */
static int end(struct ext4_walk *w, struct fault *f)
{
    int code = check_names(w, f);

    if (code != 0 || w->selection.path_count > 0 || !w->fs->device->kept ||
        (code = ext4_require_whole(w->fs, f)) == 0)
        return code;
    w->fs->about = NULL;
    return ext4_lose(w->fs, f, "what lies beyond is left out");
}

/* One step: a name, or a directory that is left.  *skip: there is nothing to show for it. */
static int step(struct ext4_walk *w, struct ext4_node *node, bool *skip, struct fault *f)
{
    struct frame *frame;

    if (!w->started)
        return visit_root(w, node, skip, f);
    frame = &w->frames[w->depth - 1];
    if (frame->next < frame->listing.count)
        return visit_entry(w, frame, frame->next++, node, skip, f);
    *skip = true;
    return leave(w, f);
}

int ext4_walk_next(struct ext4_walk *w, struct ext4_node *node, bool *more, struct fault *f)
{
    bool skip;

    *more = true;
    while (!w->started || w->depth > 0) {
        int code = step(w, node, &skip, f);

        if (code == 0 && !skip)
            return 0;
        /* Without its root a tree is nothing. */
        if (code != 0 && (w->depth == 0 || ext4_lose(w->fs, f, "left out") != 0))
            return ext4_walk_about(w, f);
    }
    *more = false;
    return end(w, f);
}
