/* SPDX-License-Identifier: MIT */
/* What is at a name that a walk has come to: a file met for the first time, or one more name. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/checked.h"
#include "base/text.h"
#include "ext4/map.h"
#include "ext4/symlink.h"
#include "ext4/walk.h"

/* What the table of links has for an inode that was left out, because it is damaged or encrypted:
 * no place, but something of the walk. */
static void *left_out(struct ext4_walk *w)
{
    return w;
}

static void *left_encrypted(struct ext4_walk *w)
{
    return &w->inode;
}

/* Every block belongs to one inode, so all maps together cannot claim more than there are: an image
 * whose files share their blocks would otherwise be a tree without bounds.  What a map claimed
 * before it was found to be damaged counts as well. */
static int load_map(struct ext4_walk *w, struct fault *f)
{
    int code = ext4_map_load(w->fs, &w->inode, &w->map, f);

    w->fs->claim_limit -= w->map.blocks;
    return code;
}

/* ---- directories ---- */

/* A frame behind those in use, without a listing if it was not there before. */
static int make_frame(struct ext4_walk *w, struct fault *f)
{
    size_t room = w->room;
    struct frame *frames = array_grow(w->frames, w->depth, &w->room, sizeof(*frames), "a path", f);

    if (!frames)
        return f->code;
    memset(frames + room, 0, (w->room - room) * sizeof(*frames));
    w->frames = frames;
    return 0;
}

/* What is encrypted has no names that could be told. */
static void tell_encrypted(struct ext4_walk *w, uint32_t inode, size_t names)
{
    char shown[TEXT_SHOWN_BYTES];

    text_shown(shown, w->path);
    if (names == 0)
        notice(w->fs->options.notices, NOTICE_LOSS, NULL, "%s: inode %u: it is encrypted: left out",
               shown, inode);
    else
        notice(w->fs->options.notices, NOTICE_LOSS, NULL,
               "%s: inode %u: an encrypted directory: the %zu name%s in it %s left out", shown,
               inode, names, names == 1 ? "" : "s", names == 1 ? "is" : "are");
    w->fs->losses++;
}

/* A directory whose map is damaged is one of which nothing is known. */
static int list(struct ext4_walk *w, uint32_t parent, struct ext4_listing *l, struct fault *f)
{
    int code = 0;

    *l = (struct ext4_listing){
        .entries = l->entries, .room = l->room, .names = l->names, .names_room = l->names_room};
    if (!ext4_has_inline_data(&w->inode))
        code = load_map(w, f);
    if (code != 0)
        return ext4_lose(w->fs, f, "what the directory holds is left out");
    return ext4_dir_list(w->fs, &w->inode, parent, &w->map, l, f);
}

/* Read the current inode, a directory, so that its names come next. */
static int enter(struct ext4_walk *w, const struct ext4_name *name, struct fault *f)
{
    uint64_t losses = w->fs->losses;
    struct ext4_listing *listing;
    struct frame *frame;
    int code = make_frame(w, f);

    if (code != 0)
        return code;
    frame = &w->frames[w->depth];
    listing = &frame->listing;
    if ((code = list(w, name->parent, listing, f)) != 0)
        return code;
    if (listing->encrypted > 0)
        tell_encrypted(w, w->inode.number, listing->encrypted);
    *frame = (struct frame){
        .listing = *listing,
        .path_length = name->path_length,
        .inode = w->inode.number,
        .links = w->inode.links,
        .losses = losses,
        .selected = name->selected,
    };
    if (w->depth > 0)
        frame[-1].directories++;
    w->depth++;
    return 0;
}

/* ---- files with several names ---- */

/* The name that the walk has come to in a directory on the way. */
static const char *current_name(const struct frame *frame)
{
    return ext4_dirent_name(&frame->listing, frame->next - 1);
}

/* Keep the place of the current name (not the root), and those of the directories above it. */
static int keep_place(struct ext4_walk *w, struct ext4_place **out, struct fault *f)
{
    static const struct ext4_inode directory = {.type = EXT4_DIRECTORY};
    const struct ext4_place *above = NULL;
    size_t i = w->depth;

    /* What lies above a directory with a place has one, too. */
    while (i > 0 && !w->frames[i - 1].place)
        i--;
    if (i > 0)
        above = w->frames[i - 1].place;
    for (; i < w->depth; i++) {
        struct frame *frame = &w->frames[i];
        const char *name = i > 0 ? current_name(frame - 1) : "";
        int code = ext4_place_add(&w->places, above, name, &directory, &frame->place, f);

        if (code != 0)
            return code;
        above = frame->place;
    }
    return ext4_place_add(&w->places, above, current_name(&w->frames[w->depth - 1]), &w->inode, out,
                          f);
}

static int remember(struct ext4_walk *w, uint32_t number, void *value, struct fault *f)
{
    struct ext4_slot *slot;
    bool added;
    int code = ext4_table_put(&w->links, number, &slot, &added, f);

    if (code == 0)
        slot->value = value;
    return code;
}

/* If the current inode can have a second name, remember its first. */
static int keep_first_name(struct ext4_walk *w, struct fault *f)
{
    struct ext4_place *place;
    int code;

    if (w->inode.type == EXT4_DIRECTORY || w->inode.links < 2)
        return 0;
    code = keep_place(w, &place, f);
    return code != 0 ? code : remember(w, w->inode.number, place, f);
}

/* One more name of a file whose first is at a place. */
static int visit_link(struct ext4_walk *w, const struct ext4_name *name, struct ext4_place *place,
                      struct ext4_node *node, struct fault *f)
{
    ext4_place_meet(place);
    node->link = ext4_place_path(place, w->link);
    if (ext4_place_met(place) > ext4_place_links(place)) {
        fault_set(f, FAULT_DAMAGED, "inode %u: name number %u, but a link count of %u", name->inode,
                  ext4_place_met(place), ext4_place_links(place));
        if (ext4_lose(w->fs, f, "going by the names") != 0)
            return f->code;
    }
    return ext4_check_file_type(name->inode, ext4_place_type(place), name->file_type, f);
}

/* A name of an inode that has been met before, and should have had one only. */
static int visit_again(struct ext4_walk *w, const struct ext4_name *name, struct fault *f)
{
    int code;

    if ((code = ext4_inode_read(w->fs, name->inode, &w->inode, f)) != 0 ||
        (code = ext4_check_file_type(name->inode, w->inode.type, name->file_type, f)) != 0)
        return code;
    if (w->inode.type == EXT4_DIRECTORY)
        return fault_set(f, FAULT_DAMAGED, "inode %u: a directory with a second name", name->inode);
    return fault_set(f, FAULT_DAMAGED, "inode %u: a second name, but a link count of %u",
                     name->inode, w->inode.links);
}

/* ---- files ---- */

/* Is a run of data there, as far as the layers below can tell without reading it? */
static int check_run(struct ext4_walk *w, const struct ext4_run *run, struct fault *f)
{
    struct source *device = w->fs->device;
    int code = source_require(device, run->where, run->length, "its data", f);
    struct extent extent;

    for (uint64_t done = 0; code == 0 && done < run->length; done += extent.length)
        if ((code = source_map(device, run->where + done, run->length - done, &extent, f)) != 0)
            return code;
    return code;
}

/* Whoever keeps going wants only files whose data is there. */
static int check_data(struct ext4_walk *w, struct fault *f)
{
    int code = 0;

    for (size_t i = 0; w->fs->options.keep_going && i < w->map.count && code == 0; i++)
        code = check_run(w, &w->map.runs[i], f);
    return code;
}

static int load_file(struct ext4_walk *w, struct ext4_node *node, struct fault *f)
{
    int code = load_map(w, f);

    node->map = &w->map;
    return code != 0 ? code : check_data(w, f);
}

static int load_symlink(struct ext4_walk *w, struct ext4_node *node, struct fault *f)
{
    int code = ext4_symlink_read(w->fs, &w->inode, &w->map, w->target, f);

    w->fs->claim_limit -= w->map.blocks;
    node->target = w->target;
    return code;
}

/* What the current inode, no directory, has beside its fields. */
static int take_content(struct ext4_walk *w, struct ext4_node *node, struct fault *f)
{
    w->map.blocks = 0;
    if (w->inode.type == EXT4_FILE)
        return load_file(w, node, f);
    return w->inode.type == EXT4_SYMLINK ? load_symlink(w, node, f) : 0;
}

/* A name of an inode that has not been met before. *is_its: what goes wrong from here on is not the
 * name's fault, but that of the inode, which is then left out under every name. */
static int visit_first(struct ext4_walk *w, const struct ext4_name *name, struct ext4_node *node,
                       bool *skip, bool *is_its, struct fault *f)
{
    int code = ext4_inode_read(w->fs, name->inode, &w->inode, f);

    if (code != 0 || (code = ext4_check_named(&w->inode, f)) != 0)
        return code;
    *is_its = false;
    if ((code = ext4_check_file_type(name->inode, w->inode.type, name->file_type, f)) != 0)
        return code;
    node->inode = &w->inode;
    if (w->inode.type == EXT4_DIRECTORY && (code = enter(w, name, f)) != 0)
        return code; /* of another directory, or its way up is damaged: it may have its place */
    *is_its = true;
    if ((code = ext4_seen_mark(&w->seen, name->inode, f)) != 0)
        return code;
    if (ext4_is_encrypted(&w->inode) && w->inode.type != EXT4_DIRECTORY) {
        tell_encrypted(w, name->inode, 0);
        *skip = true;
        return remember(w, name->inode, left_encrypted(w), f);
    }
    code = take_content(w, node, f);
    return code != 0 ? code : keep_first_name(w, f);
}

int ext4_walk_lose(struct ext4_walk *w, const struct ext4_node *node, struct fault *f)
{
    struct fault ignored;
    int code;

    /* Without a directory, what it holds would be nowhere. */
    if (node->inode->type == EXT4_DIRECTORY)
        return f->code;
    w->fs->about = NULL;
    code = ext4_lose(w->fs, f, "left out");
    w->fs->about = w->path;
    return code != 0 ? code : remember(w, node->inode->number, left_out(w), &ignored);
}

int ext4_visit(struct ext4_walk *w, const struct ext4_name *name, struct ext4_node *node,
               bool *skip, struct fault *f)
{
    void *known = ext4_table_get(&w->links, name->inode);
    struct fault ignored;
    bool is_its = true;
    int code;

    *skip = false;
    *node = (struct ext4_node){.path = w->path};
    if (known == left_encrypted(w)) {
        tell_encrypted(w, name->inode, 0);
        *skip = true;
        return 0;
    }
    if (known == left_out(w))
        return fault_set(f, FAULT_DAMAGED, "inode %u: one more name of what was left out",
                         name->inode);
    if (known)
        return visit_link(w, name, known, node, f);
    if (ext4_seen_has(&w->seen, name->inode))
        return visit_again(w, name, f);
    code = visit_first(w, name, node, skip, &is_its, f);
    if (code != 0 && is_its)
        remember(w, name->inode, left_out(w), &ignored);
    return code;
}
