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

/* What the table of links has for an inode that was left out: no place, but the walk. */
static void *left_out(struct ext4_walk *w)
{
    return w;
}

/* And for one that was because it is encrypted. */
static void *encrypted(struct ext4_walk *w)
{
    return w->fs;
}

/* Every block belongs to one inode, so all maps together cannot claim more than there are: an image
 * whose files share their blocks would otherwise be a tree without bounds. */
static int claim(struct ext4_walk *w, struct fault *f)
{
    uint64_t claimed = w->claimed + w->map.blocks;

    if (claimed > w->fs->super.blocks_count)
        return fault_set(f, FAULT_DAMAGED,
                         "inode %u: the files up to here claim %llu blocks, but the file system "
                         "has %llu",
                         w->inode.number, ull(claimed), ull(w->fs->super.blocks_count));
    w->claimed = claimed;
    return 0;
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
static void tell_encrypted(struct ext4_walk *w, size_t names)
{
    char shown[EXT4_SHOWN_BYTES];

    text_escape(shown, sizeof(shown), w->path, strlen(w->path));
    if (names == 0)
        notice(w->fs->options.notices, NOTICE_LOSS, NULL, "%s: inode %u: it is encrypted: left out",
               shown, w->inode.number);
    else
        notice(w->fs->options.notices, NOTICE_LOSS, NULL,
               "%s: inode %u: an encrypted directory: the %zu name%s in it %s left out", shown,
               w->inode.number, names, names == 1 ? "" : "s", names == 1 ? "is" : "are");
    w->fs->losses++;
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
    if ((code = ext4_dir_list(w->fs, &w->inode, name->parent, &w->map, listing, f)) != 0 ||
        (code = claim(w, f)) != 0)
        return code;
    if (listing->encrypted > 0)
        tell_encrypted(w, listing->encrypted);
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

/* The type that a directory's record gives a name must be its inode's. */
static int check_type(uint32_t number, enum ext4_type type, uint8_t file_type, struct fault *f)
{
    static const uint8_t types[] = {
        [EXT4_FILE] = 1, [EXT4_DIRECTORY] = 2, [EXT4_CHAR_DEVICE] = 3, [EXT4_BLOCK_DEVICE] = 4,
        [EXT4_FIFO] = 5, [EXT4_SOCKET] = 6,    [EXT4_SYMLINK] = 7,
    };

    if (file_type == 0 || file_type == types[type])
        return 0;
    return fault_set(f, FAULT_DAMAGED, "inode %u: file type %u, but the directory says %u", number,
                     types[type], file_type);
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
    return check_type(name->inode, ext4_place_type(place), name->file_type, f);
}

/* A name of an inode that has been met before: a file with several, whose inode need not be read
 * again if it is shown, or damage. */
static int visit_again(struct ext4_walk *w, const struct ext4_name *name, struct ext4_node *node,
                       bool *skip, struct fault *f)
{
    void *known = ext4_table_get(&w->links, name->inode);
    int code;

    if (known == left_out(w))
        return fault_set(f, FAULT_DAMAGED, "inode %u: one more name of what was left out",
                         name->inode);
    if (known && known != encrypted(w))
        return visit_link(w, name, known, node, f);
    if ((code = ext4_inode_read(w->fs, name->inode, &w->inode, f)) != 0 ||
        (code = check_type(name->inode, w->inode.type, name->file_type, f)) != 0)
        return code;
    if (known) {
        tell_encrypted(w, 0);
        *skip = true;
        return 0;
    }
    if (w->inode.type == EXT4_DIRECTORY)
        return fault_set(f, FAULT_DAMAGED, "inode %u: a directory with a second name", name->inode);
    return fault_set(f, FAULT_DAMAGED, "inode %u: a second name, but a link count of %u",
                     name->inode, w->inode.links);
}

/* ---- files ---- */

/* Whoever keeps going wants only files whose data is there. */
static int check_data(struct ext4_walk *w, struct fault *f)
{
    int code = 0;

    for (size_t i = 0; w->fs->options.keep_going && i < w->map.count && code == 0; i++)
        code = source_require(w->fs->device, w->map.runs[i].where, w->map.runs[i].length,
                              "its data", f);
    return code;
}

static int load_file(struct ext4_walk *w, struct ext4_node *node, struct fault *f)
{
    int code = ext4_map_load(w->fs, &w->inode, &w->map, f);

    if (code != 0 || (code = check_data(w, f)) != 0)
        return code;
    node->map = &w->map;
    return claim(w, f);
}

static int load_symlink(struct ext4_walk *w, struct ext4_node *node, struct fault *f)
{
    int code = ext4_symlink_read(w->fs, &w->inode, &w->map, w->target, f);

    node->target = w->target;
    return code != 0 ? code : claim(w, f);
}

/* What the current inode has beside its fields, by its type. */
static int take_content(struct ext4_walk *w, const struct ext4_name *name, struct ext4_node *node,
                        struct fault *f)
{
    w->map.blocks = 0;
    switch (w->inode.type) {
    case EXT4_DIRECTORY:
        return enter(w, name, f);
    case EXT4_FILE:
        return load_file(w, node, f);
    case EXT4_SYMLINK:
        return load_symlink(w, node, f);
    default:
        return 0;
    }
}

/* Can the current inode be one that has a name? */
static int check_named(const struct ext4_walk *w, const struct ext4_name *name, struct fault *f)
{
    const struct ext4_inode *inode = &w->inode;

    if (inode->links == 0)
        return fault_set(f, FAULT_DAMAGED, "inode %u is deleted", inode->number);
    if (inode->flags & FLAG_EA_INODE)
        return fault_set(f, FAULT_DAMAGED, "inode %u: the value of an attribute has a name",
                         inode->number);
    if (inode->number == EXT4_ROOT_INO && inode->type != EXT4_DIRECTORY)
        return fault_set(f, FAULT_DAMAGED, "inode %u: the root is not a directory", inode->number);
    return check_type(inode->number, inode->type, name->file_type, f);
}

/* A name of an inode that has not been met before. */
static int visit_first(struct ext4_walk *w, const struct ext4_name *name, struct ext4_node *node,
                       bool *skip, struct fault *f)
{
    int code = ext4_inode_read(w->fs, name->inode, &w->inode, f);

    if (code != 0 || (code = check_named(w, name, f)) != 0)
        return code;
    node->inode = &w->inode;
    if (ext4_is_encrypted(&w->inode) && w->inode.type != EXT4_DIRECTORY) {
        tell_encrypted(w, 0);
        *skip = true;
        return remember(w, name->inode, encrypted(w), f);
    }
    code = take_content(w, name, node, f);
    return code != 0 ? code : keep_first_name(w, f);
}

int ext4_visit(struct ext4_walk *w, const struct ext4_name *name, struct ext4_node *node,
               bool *skip, struct fault *f)
{
    struct fault ignored;
    bool before;
    int code = ext4_seen_mark(&w->seen, name->inode, &before, f);

    *skip = false;
    *node = (struct ext4_node){.path = w->path};
    if (code != 0)
        return code;
    if (before)
        return visit_again(w, name, node, skip, f);
    code = visit_first(w, name, node, skip, f);
    /* Its further names, if the walk goes on, are links to nothing. */
    if (code != 0)
        remember(w, name->inode, left_out(w), &ignored);
    return code;
}
