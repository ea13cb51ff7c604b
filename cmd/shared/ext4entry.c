/* SPDX-License-Identifier: MIT */
/* A name of an ext4 file system as an entry of a manifest. */
#include "shared/ext4entry.h"

#include <string.h>

static enum entry_type entry_type_of(enum ext4_type type)
{
    static const enum entry_type types[] = {
        [EXT4_FILE] = ENTRY_FILE,
        [EXT4_DIRECTORY] = ENTRY_DIRECTORY,
        [EXT4_SYMLINK] = ENTRY_SYMLINK,
        [EXT4_CHAR_DEVICE] = ENTRY_CHAR_DEVICE,
        [EXT4_BLOCK_DEVICE] = ENTRY_BLOCK_DEVICE,
        [EXT4_FIFO] = ENTRY_FIFO,
        [EXT4_SOCKET] = ENTRY_SOCKET,
    };

    return types[type];
}

static struct entry_time entry_time_of(struct ext4_time t)
{
    return (struct entry_time){.seconds = t.seconds, .nanoseconds = t.nanoseconds};
}

static int take_xattr(void *context, const char *name, const void *value, size_t value_len,
                      struct fault *f)
{
    return entry_add_xattr(context, name, value, value_len, f);
}

static void fill_inode(struct entry *e, const struct ext4_inode *inode, bool all_times)
{
    e->type = entry_type_of(inode->type);
    e->mode = inode->permissions;
    e->uid = inode->uid;
    e->gid = inode->gid;
    e->mtime = entry_time_of(inode->mtime);
    e->rdev_major = inode->rdev_major;
    e->rdev_minor = inode->rdev_minor;
    e->only_name = inode->links < 2;
    if (!all_times)
        return;
    e->times = ENTRY_ATIME | ENTRY_CTIME | (inode->has_crtime ? ENTRY_CRTIME : 0U);
    e->atime = entry_time_of(inode->atime);
    e->ctime = entry_time_of(inode->ctime);
    e->crtime = entry_time_of(inode->crtime);
}

static int fill_text(char **to, const char *text, struct fault *f)
{
    *to = text ? strdup(text) : NULL;
    return text && !*to ? fault_memory(f, "a path", strlen(text) + 1) : 0;
}

static int fill_extents(struct entry *e, const struct ext4_map *map, struct fault *f)
{
    int code = 0;

    e->size = map->size;
    for (size_t i = 0; i < map->count && code == 0; i++)
        code = entry_add_extent(e, map->runs[i].offset, map->runs[i].length, f);
    return code;
}

/* Attributes of one name, from the inode and from its block, are lost both. */
static int sort_xattrs(struct ext4 *fs, struct entry *e, struct fault *f)
{
    int code = entry_sort_xattrs(e, f);

    if (code == 0 || (code = ext4_lose(fs, f, "attributes are left out")) != 0)
        return code;
    entry_drop_xattrs(e);
    return 0;
}

int ext4entry_fill(struct ext4 *fs, const struct ext4_node *node, bool all_times, struct entry *e,
                   struct fault *f)
{
    int code;

    entry_reset(e);
    if ((code = fill_text(&e->path, node->path, f)) != 0)
        return code;
    if (node->link) {
        e->type = ENTRY_HARD_LINK;
        return fill_text(&e->link, node->link, f);
    }
    fill_inode(e, node->inode, all_times);
    if ((code = fill_text(&e->target, node->target, f)) != 0 ||
        (code = ext4_xattrs(fs, node->inode, take_xattr, e, f)) != 0 ||
        (code = sort_xattrs(fs, e, f)) != 0)
        return code;
    return node->map ? fill_extents(e, node->map, f) : 0;
}
