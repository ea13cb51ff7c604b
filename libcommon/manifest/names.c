/* SPDX-License-Identifier: MIT */
/* A set of paths that arrive in order, each kept as what differs from the one before it. */

/*
 * Each is kept as the length of what it shares with the one before it and the bytes
 * that differ, which for a tree of files is little more than the last component.  Every
 * GROUP_NAMES-th is kept whole, so that a binary search over those finds the group to look in.
 */
#include "manifest/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "manifest/path.h"
#include "manifest/record.h"

enum {
    GROUP_NAMES = 64,
    NAME_HEAD = 4, /* le16 shared bytes, le16 bytes that follow */
};

struct names {
    uint8_t *bytes;
    size_t length, room;
    size_t *groups; /* where in bytes each begins */
    size_t group_count, group_room;
    unsigned in_last_group;
    char last[RECORD_PATH_MAX + 1]; /* the one added last */
};

int names_open(struct names **out, struct fault *f)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? 0 : fault_memory(f, "names", sizeof(**out));
}

static int add_group(struct names *n, struct fault *f)
{
    if (n->group_count == n->group_room) {
        size_t wanted = n->group_room == 0 ? 64 : n->group_room * 2;
        size_t *bigger = reallocarray(n->groups, wanted, sizeof(*bigger));

        if (bigger == NULL)
            return fault_memory(f, "names", wanted * sizeof(*bigger));
        n->groups = bigger;
        n->group_room = wanted;
    }
    n->groups[n->group_count++] = n->length;
    n->in_last_group = 0;
    return 0;
}

/* Room for len bytes more; by half again, since this is the bulk of the memory. */
static int make_room(struct names *n, size_t len, struct fault *f)
{
    size_t wanted = n->length + n->length / 2 + len + 4096;
    uint8_t *bigger;

    if (len <= n->room - n->length)
        return 0;
    bigger = realloc(n->bytes, wanted);
    if (bigger == NULL)
        return fault_memory(f, "names", wanted);
    n->bytes = bigger;
    n->room = wanted;
    return 0;
}

static size_t shared_length(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] == b[i] && a[i] != '\0')
        i++;
    return i;
}

int names_add(struct names *n, const char *path, struct fault *f)
{
    bool first = n->group_count == 0 || n->in_last_group == GROUP_NAMES;
    size_t shared = first ? 0 : shared_length(n->last, path), rest = strlen(path) - shared;
    uint8_t *to;
    int rc = make_room(n, NAME_HEAD + rest, f);

    if (rc == 0 && first)
        rc = add_group(n, f);
    if (rc < 0)
        return rc;
    to = n->bytes + n->length;
    put_le16(to, (uint16_t)shared);
    put_le16(to + 2, (uint16_t)rest);
    memcpy(to + NAME_HEAD, path + shared, rest);
    memcpy(n->last + shared, path + shared, rest + 1);
    n->length += NAME_HEAD + rest;
    n->in_last_group++;
    return 0;
}

/* One name as it is kept. */
struct kept {
    size_t shared; /* exactly so many bytes are those of the name before it */
    size_t rest;
    const char *bytes; /* the rest: not ended by a NUL */
};

static struct kept kept_at(const struct names *n, size_t offset)
{
    const uint8_t *from = n->bytes + offset;

    return (struct kept){.shared = le16_at(from),
                         .rest = le16_at(from + 2),
                         .bytes = (const char *)from + NAME_HEAD};
}

/* path_compare of what is kept of a name with the part of a path that stands against it; *same is
 * how many bytes they begin with in common. */
static int compare_rest(const struct kept *k, const char *path, size_t *same)
{
    size_t i = 0;

    while (i < k->rest && k->bytes[i] == path[i]) /* no kept byte is NUL */
        i++;
    *same = i;
    return path_rank(i < k->rest ? k->bytes[i] : '\0') - path_rank(path[i]);
}

/* Where the last group begins whose first name is not after this path, or the first group; groups
 * exist. */
static size_t find_group(const struct names *n, const char *path)
{
    size_t low = 0, high = n->group_count, same;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        struct kept head = kept_at(n, n->groups[middle]);

        if (compare_rest(&head, path, &same) <= 0)
            low = middle;
        else
            high = middle;
    }
    return n->groups[low];
}

/*
 * Only bytes that may still tell a name from the path are looked at.  While every name so far comes
 * before the path, with `common` bytes of the last one equal to the path's, the next name
 * - that shares more than these with the last one comes before the path for the same reason;
 * - that shares fewer comes after the last one by a byte where that one equals the path;
 * - else is decided by its own bytes.
 */
bool names_have(const struct names *n, const char *path)
{
    size_t offset, common = 0;

    if (n->group_count == 0)
        return false;
    offset = find_group(n, path);
    for (int i = 0; i < GROUP_NAMES && offset < n->length; i++) {
        struct kept k = kept_at(n, offset);
        size_t same;
        int order;

        offset += NAME_HEAD + k.rest;
        if (k.shared > common)
            continue;
        if (k.shared < common)
            return false;
        order = compare_rest(&k, path + common, &same);
        if (order >= 0)
            return order == 0;
        common += same;
    }
    return false;
}

void names_close(struct names *n)
{
    if (n == NULL)
        return;
    free(n->bytes);
    free(n->groups);
    free(n);
}
