/* SPDX-License-Identifier: MIT */
/* The walk: every name of the tree, depth first, in order. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ext4/dir.h"
#include "ext4/map.h"
#include "ext4/place.h"
#include "ext4/seen.h"
#include "ext4/symlink.h"
#include "ext4/table.h"

/* Memory for a directory's names that is kept for the next one; more is given back. */
enum { LISTING_KEPT_BYTES = 64 << 10 };

/* A directory on the way from the root to the current name. */
struct frame {
    struct ext4_listing listing;
    size_t next;        /* the entry to go to */
    size_t path_length; /* of the directory's own path; 0 for the root */
    uint32_t inode;
    const struct ext4_place *place; /* NULL until a file with several names needs it */
};

struct ext4_walk {
    struct ext4 *fs;
    struct frame *frames; /* those past depth keep their memory for the next directory */
    size_t depth;         /* frames in use */
    size_t room;          /* frames allocated */
    bool started;
    struct ext4_seen seen;   /* inodes met */
    struct ext4_table links; /* those that have several names: the place of the first */
    struct ext4_places places;
    uint64_t claimed;        /* blocks of all maps so far */
    struct ext4_inode inode; /* the current one */
    struct ext4_map map;
    char *target; /* room for one block */
    char path[EXT4_PATH_MAX];
    char link[EXT4_PATH_MAX];
};

int ext4_walk_open(struct ext4 *fs, struct ext4_walk **out, struct fault *f)
{
    struct ext4_walk *w = calloc(1, sizeof(*w));
    int code;

    if (!w)
        return fault_memory(f, "a walk", sizeof(*w));
    w->fs = fs;
    if ((code = ext4_seen_open(&w->seen, fs->super.inodes_count, f)) != 0)
        goto fail;
    w->target = malloc(fs->super.block_size);
    if (!w->target) {
        code = fault_memory(f, "a symbolic link", fs->super.block_size);
        goto fail;
    }
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

/* Every block belongs to one inode, so all maps together cannot claim more than there are: an image
 * whose files share their blocks would otherwise be a tree without bounds. */
static int claim(struct ext4_walk *w, struct fault *f)
{
    w->claimed += w->map.blocks;
    if (w->claimed <= w->fs->super.blocks_count)
        return 0;
    return fault_set(f, FAULT_DAMAGED,
                     "inode %u: the files up to here claim %llu blocks, but the file system has "
                     "%llu",
                     w->inode.number, (unsigned long long)w->claimed,
                     (unsigned long long)w->fs->super.blocks_count);
}

static int make_frame(struct ext4_walk *w, struct fault *f)
{
    size_t room = w->room ? w->room * 2 : 16;
    struct frame *frames;

    if (w->depth < w->room)
        return 0;
    frames = reallocarray(w->frames, room, sizeof(*frames));
    if (!frames)
        return fault_memory(f, "a path", room * sizeof(*frames));
    memset(frames + w->room, 0, (room - w->room) * sizeof(*frames));
    w->frames = frames;
    w->room = room;
    return 0;
}

/* Read the current inode, a directory, so that its names come next. */
static int enter(struct ext4_walk *w, uint32_t parent, size_t path_length, struct fault *f)
{
    struct frame *frame;
    int code = make_frame(w, f);

    if (code != 0)
        return code;
    frame = &w->frames[w->depth];
    if ((code = ext4_dir_list(w->fs, &w->inode, parent, &w->map, &frame->listing, f)) != 0 ||
        (code = claim(w, f)) != 0)
        return code;
    frame->next = 0;
    frame->path_length = path_length;
    frame->inode = w->inode.number;
    frame->place = NULL;
    w->depth++;
    return 0;
}

/* All names of the last directory on the way have been visited. */
static void leave(struct ext4_walk *w)
{
    struct ext4_listing *listing = &w->frames[--w->depth].listing;

    if (listing->room * sizeof(*listing->entries) + listing->names_room > LISTING_KEPT_BYTES)
        ext4_listing_free(listing);
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

/* The name that the walk has come to in a directory on the way. */
static const char *current_name(const struct frame *frame)
{
    return ext4_dirent_name(&frame->listing, frame->next - 1);
}

/* Keep the place of the current name (not the root), and those of the directories above it. */
static int keep_place(struct ext4_walk *w, const struct ext4_place **out, struct fault *f)
{
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
        int code = ext4_place_add(&w->places, above, name, EXT4_DIRECTORY, &frame->place, f);

        if (code != 0)
            return code;
        above = frame->place;
    }
    return ext4_place_add(&w->places, above, current_name(&w->frames[w->depth - 1]), w->inode.type,
                          out, f);
}

/* If the current inode can have a second name, remember its first. */
static int keep_first_name(struct ext4_walk *w, struct fault *f)
{
    const struct ext4_place *place;
    struct ext4_slot *slot;
    bool added;
    int code;

    if (w->inode.type == EXT4_DIRECTORY || w->inode.links < 2)
        return 0;
    if ((code = ext4_table_put(&w->links, w->inode.number, &slot, &added, f)) != 0 ||
        (code = keep_place(w, &place, f)) != 0)
        return code;
    slot->value = place;
    return 0;
}

/* What the current inode has beside its fields, by its type. */
static int take_content(struct ext4_walk *w, uint32_t parent, size_t path_length,
                        struct ext4_node *node, struct fault *f)
{
    int code;

    w->map.blocks = 0;
    switch (w->inode.type) {
    case EXT4_DIRECTORY:
        return enter(w, parent, path_length, f);
    case EXT4_FILE:
        if ((code = ext4_map_load(w->fs, &w->inode, &w->map, f)) != 0)
            return code;
        node->map = &w->map;
        return claim(w, f);
    case EXT4_SYMLINK:
        if ((code = ext4_symlink_read(w->fs, &w->inode, &w->map, w->target, f)) != 0)
            return code;
        node->target = w->target;
        return claim(w, f);
    default:
        return 0;
    }
}

/* A name of an inode that has not been met before. */
static int visit_first(struct ext4_walk *w, uint32_t number, uint8_t file_type, uint32_t parent,
                       size_t path_length, struct ext4_node *node, struct fault *f)
{
    int code = ext4_inode_read(w->fs, number, &w->inode, f);

    if (code != 0)
        return code;
    node->inode = &w->inode;
    if (w->inode.links == 0)
        return fault_set(f, FAULT_DAMAGED, "inode %u is deleted", number);
    if (number == EXT4_ROOT_INO && w->inode.type != EXT4_DIRECTORY)
        return fault_set(f, FAULT_DAMAGED, "inode %u: the root is not a directory", number);
    if ((code = check_type(number, w->inode.type, file_type, f)) != 0 ||
        (code = keep_first_name(w, f)) != 0)
        return code;
    return take_content(w, parent, path_length, node, f);
}

/* A name of one that has: a file with several, whose inode need not be read again, or damage. */
static int visit_again(struct ext4_walk *w, uint32_t number, uint8_t file_type,
                       struct ext4_node *node, struct fault *f)
{
    const struct ext4_place *place = ext4_table_get(&w->links, number);
    int code;

    if (place) {
        node->link = ext4_place_path(place, w->link);
        return check_type(number, ext4_place_type(place), file_type, f);
    }
    if ((code = ext4_inode_read(w->fs, number, &w->inode, f)) != 0 ||
        (code = check_type(number, w->inode.type, file_type, f)) != 0)
        return code;
    if (w->inode.type == EXT4_DIRECTORY)
        return fault_set(f, FAULT_DAMAGED, "inode %u: a directory with a second name", number);
    return fault_set(f, FAULT_DAMAGED, "inode %u: a second name, but a link count of %u", number,
                     w->inode.links);
}

/* Fill in the node for the name in w->path. */
static int visit(struct ext4_walk *w, uint32_t number, uint8_t file_type, uint32_t parent,
                 size_t path_length, struct ext4_node *node, struct fault *f)
{
    bool before;
    int code = ext4_seen_mark(&w->seen, number, &before, f);

    *node = (struct ext4_node){.path = w->path};
    if (code != 0)
        return code;
    return before ? visit_again(w, number, file_type, node, f)
                  : visit_first(w, number, file_type, parent, path_length, node, f);
}

static int visit_root(struct ext4_walk *w, struct ext4_node *node, struct fault *f)
{
    w->started = true;
    strcpy(w->path, "/");
    return visit(w, EXT4_ROOT_INO, 0, EXT4_ROOT_INO, 0, node, f);
}

/* Put the path of an entry together, and visit it. */
static int visit_entry(struct ext4_walk *w, const struct frame *frame, size_t i,
                       struct ext4_node *node, struct fault *f)
{
    const struct ext4_dirent *entry = &frame->listing.entries[i];
    const char *name = ext4_dirent_name(&frame->listing, i);
    size_t name_length = strlen(name);
    size_t length = frame->path_length + 1 + name_length;

    w->path[frame->path_length] = '\0'; /* what a fault is about while the name is not in it */
    if (length >= sizeof(w->path))
        return fault_set(f, FAULT_UNSUPPORTED,
                         "inode %u: its path of %zu bytes is longer than the %zu supported",
                         entry->inode, length, sizeof(w->path) - 1);
    w->path[frame->path_length] = '/';
    memcpy(w->path + frame->path_length + 1, name, name_length + 1);
    return visit(w, entry->inode, entry->file_type, frame->inode, length, node, f);
}

int ext4_walk_about(const struct ext4_walk *w, struct fault *f)
{
    char shown[512];

    text_escape(shown, sizeof(shown), w->path, strlen(w->path));
    return fault_prefix(f, "%s", shown);
}

int ext4_walk_next(struct ext4_walk *w, struct ext4_node *node, bool *more, struct fault *f)
{
    int code = 0;

    *more = true;
    if (!w->started)
        return visit_root(w, node, f) != 0 ? ext4_walk_about(w, f) : 0;
    while (w->depth > 0) {
        struct frame *frame = &w->frames[w->depth - 1];

        if (frame->next == frame->listing.count) {
            leave(w);
            continue;
        }
        code = visit_entry(w, frame, frame->next++, node, f);
        return code != 0 ? ext4_walk_about(w, f) : 0;
    }
    *more = false;
    return ext4_require_whole(w->fs, f);
}
