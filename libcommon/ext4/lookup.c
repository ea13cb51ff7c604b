/* SPDX-License-Identifier: MIT */
/* From a path to an inode, with symbolic links followed inside the file system only. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "ext4/dir.h"
#include "ext4/symlink.h"

enum {
    MAX_LINKS = 40, /* followed in one lookup, as Linux does */
    LEAST_BUDGET = 4096,
};

struct lookup {
    struct ext4 *fs;
    const char *path;         /* what was asked for, for messages */
    struct ext4_inode *at;    /* where the lookup has come to */
    uint32_t *above;          /* the directories above it, from the root down */
    size_t depth;             /* how many they are */
    size_t room;              /* elements allocated */
    char rest[EXT4_PATH_MAX]; /* what is still to be looked up, from `next` on */
    size_t next;
    unsigned links;  /* followed so far */
    uint64_t budget; /* blocks of directories that may still be read, and one for each directory */
    bool follow;
    struct ext4_listing listing;
    struct ext4_map map;
    bool named; /* the fault's text names the path already */
};

static int refuse(struct lookup *l, enum fault_code code, const char *why, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    l->named = true;
    return fault_set(f, code, "%s: %s", text_shown(shown, l->path), why);
}

static int refuse_absent(struct lookup *l, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    l->named = true;
    text_shown(shown, l->path);
    if (l->fs->passed > 0)
        return fault_set(f, FAULT_DAMAGED, "there is no %s, but there is damage on the way to it",
                         shown);
    return fault_set(f, FAULT_SYSTEM, "there is no %s", shown);
}

static uint32_t parent_of(const struct lookup *l)
{
    return l->depth > 0 ? l->above[l->depth - 1] : EXT4_ROOT_INO;
}

static int go_up(struct lookup *l, struct fault *f)
{
    if (l->depth == 0)
        return 0; /* above the root is the root */
    l->depth--;
    return ext4_inode_read(l->fs, l->above[l->depth], l->at, f);
}

static int go_to_root(struct lookup *l, struct fault *f)
{
    l->depth = 0;
    return ext4_inode_read(l->fs, EXT4_ROOT_INO, l->at, f);
}

/* The entry of a name in the listing, or NULL. */
static const struct ext4_dirent *find(const struct ext4_listing *l, const char *name)
{
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, ext4_dirent_name(l, middle));

        if (order == 0)
            return &l->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Put the target of the link that was come to before the rest of the path, and go back to where the
 * target counts from. */
static int follow_link(struct lookup *l, struct fault *f)
{
    char *target = malloc(l->fs->super.block_size);
    size_t length, rest = strlen(l->rest + l->next);
    int code;

    if (!target)
        return fault_memory(f, "a symbolic link", l->fs->super.block_size);
    code = ext4_symlink_read(l->fs, l->at, &l->map, target, f);
    if (code == 0 && ++l->links > MAX_LINKS)
        code = refuse(l, FAULT_SYSTEM, "too many symbolic links on the way", f);
    length = code == 0 ? strlen(target) : 0;
    if (code == 0 && length + 1 + rest >= sizeof(l->rest))
        code = refuse(l, FAULT_SYSTEM, "symbolic links on the way make too long a path", f);
    if (code == 0) {
        memmove(l->rest + length + 1, l->rest + l->next, rest + 1);
        memcpy(l->rest, target, length);
        l->rest[length] = '/';
        l->next = 0;
        code = target[0] == '/' ? go_to_root(l, f) : go_up(l, f);
    }
    free(target);
    return code;
}

/* The names of the directory that was come to.  Links can make the way lead through directories
 * again and again, each of which is read whole: but not through more than there is. */
static int list(struct lookup *l, struct fault *f)
{
    int code = 0;

    l->map.blocks = 0;
    if (!ext4_has_inline_data(l->at))
        code = ext4_map_load(l->fs, l->at, &l->map, f);
    if (code != 0)
        return code;
    if (l->map.blocks >= l->budget)
        return refuse(l, FAULT_SYSTEM, "the way leads through too many directories", f);
    l->budget -= l->map.blocks + 1;
    return ext4_dir_list(l->fs, l->at, parent_of(l), &l->map, &l->listing, f);
}

/* The inode of a name must be one that can have it. */
static int take(struct lookup *l, const struct ext4_dirent *entry, struct fault *f)
{
    int code = ext4_inode_read(l->fs, entry->inode, l->at, f);

    if (code != 0 || (code = ext4_check_named(l->at, f)) != 0)
        return code;
    return ext4_check_file_type(entry->inode, l->at->type, entry->file_type, f);
}

/* From the directory that was come to on to one of its names. */
static int go_down(struct lookup *l, const char *name, struct fault *f)
{
    const struct ext4_dirent *entry;
    uint32_t *above;
    int code = list(l, f);

    if (code != 0)
        return code;
    if (l->listing.encrypted > 0)
        return refuse(l, FAULT_UNSUPPORTED, "an encrypted directory is on the way", f);
    if (!(entry = find(&l->listing, name)))
        return refuse_absent(l, f);
    above = array_grow(l->above, l->depth, &l->room, sizeof(*above), "a path", f);
    if (!above)
        return f->code;
    l->above = above;
    above[l->depth++] = l->at->number;
    return take(l, entry, f);
}

/* Take the next component off the rest; false if there is none. */
static bool next_component(struct lookup *l, char **name)
{
    char *at = l->rest + l->next;
    size_t length;

    at += strspn(at, "/");
    length = strcspn(at, "/");
    *name = at;
    l->next = (size_t)(at - l->rest) + length;
    if (length == 0)
        return false;
    if (at[length] == '/') {
        at[length] = '\0';
        l->next++;
    }
    return true;
}

/* One more component. */
static int step(struct lookup *l, const char *name, struct fault *f)
{
    bool last = l->rest[l->next] == '\0';
    int code;

    if (l->at->type != EXT4_DIRECTORY)
        return refuse(l, FAULT_SYSTEM, "what is on the way is not a directory", f);
    if (strcmp(name, ".") == 0)
        return 0;
    if (strcmp(name, "..") == 0)
        return go_up(l, f);
    if ((code = go_down(l, name, f)) != 0 || l->at->type != EXT4_SYMLINK)
        return code;
    if (l->follow && ext4_is_encrypted(l->at))
        return refuse(l, FAULT_UNSUPPORTED, "an encrypted symbolic link is on the way", f);
    if (l->follow)
        return follow_link(l, f);
    return last ? 0 : refuse(l, FAULT_SYSTEM, "a symbolic link is on the way", f);
}

int ext4_lookup(struct ext4 *fs, const char *path, bool follow, struct ext4_inode *inode,
                struct fault *f)
{
    struct lookup *l = calloc(1, sizeof(*l));
    char shown[TEXT_SHOWN_BYTES];
    char *name;
    int code;

    if (!l)
        return fault_memory(f, "a path", sizeof(*l));
    *l = (struct lookup){
        .fs = fs,
        .path = path,
        .at = inode,
        .follow = follow,
        .budget = 2 * fs->super.blocks_count + LEAST_BUDGET,
    };
    fs->passing = true;
    fs->passed = 0;
    if (strlen(path) >= sizeof(l->rest))
        code = refuse_absent(l, f);
    else
        code = go_to_root(l, f);
    if (code == 0)
        strcpy(l->rest, path);
    while (code == 0 && next_component(l, &name))
        code = step(l, name, f);
    if (code != 0 && !l->named)
        fault_prefix(f, "%s", text_shown(shown, path));
    fs->passing = false;
    ext4_listing_free(&l->listing);
    ext4_map_free(&l->map);
    free(l->above);
    free(l);
    return code;
}
