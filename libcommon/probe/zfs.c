/* SPDX-License-Identifier: MIT */
/* The names of a ZFS pool: pairs of the list, in XDR (RFC 4506), that a vdev's label holds. */
#include "probe/zfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "probe/names.h"

/* A label's configuration: 112 KiB with a trailer of 40 bytes. */
enum { CONFIG_OFFSET = 16 << 10, CONFIG_BYTES = (112 << 10) - 40 };

/* The encoding, XDR, and the byte order of the machine, which does not matter; then the list's
 * version and flags. */
enum { NV_ENCODE_XDR = 1, LIST_HEAD = 12 };

/*
 * A pair: its size, its size in memory, the name (length, bytes, up to 3 of padding), the type of
 * its value, how many values, and they.  A size of 0 ends the list.
 *
 * As much as PAIR_BYTES of a pair is read, and that holds what is looked for: the name of a pool
 * has less than 256 bytes.
 */
enum { PAIR_HEAD = 12, PAIR_BYTES = 320, TYPE_UINT64 = 8, TYPE_STRING = 9 };

struct pair {
    uint8_t bytes[PAIR_BYTES];
    uint32_t size;
};

static uint32_t padded(uint32_t length)
{
    return (length + 3) & ~UINT32_C(3);
}

/* Read a pair of at most `left` bytes; its size is 0 if there is none. */
static int read_pair(struct view *v, uint64_t at, uint64_t left, struct pair *p, struct fault *f)
{
    uint32_t size;
    bool there;

    p->size = 0;
    if (left < PAIR_HEAD)
        return 0;
    if (view_read(v, at, p->bytes, min_u64(left, PAIR_BYTES), &there, f) < 0)
        return f->code;
    size = be32_at(p->bytes);
    if (there && size >= PAIR_HEAD && size <= left)
        p->size = size;
    return 0;
}

/* The value of a pair of this name and type, and how many bytes of it there are; NULL if the pair
 * is another. */
static const uint8_t *value_of(const struct pair *p, const char *name, uint32_t type,
                               uint32_t *length)
{
    uint32_t name_length = (uint32_t)strlen(name);
    uint32_t value = PAIR_HEAD + padded(name_length) + 8;
    uint32_t held = p->size < PAIR_BYTES ? p->size : PAIR_BYTES;

    if (held < value || be32_at(p->bytes + 8) != name_length ||
        memcmp(p->bytes + PAIR_HEAD, name, name_length) != 0 ||
        be32_at(p->bytes + value - 8) != type)
        return NULL;
    *length = held - value;
    return p->bytes + value;
}

static void show(const struct pair *p, struct probe_names *n)
{
    const uint8_t *value;
    uint32_t length;

    value = value_of(p, "name", TYPE_STRING, &length);
    if (value && length >= 4 && be32_at(value) <= length - 4)
        names_show(PROBE_TEXT, value + 4, be32_at(value), n->label);
    value = value_of(p, "pool_guid", TYPE_UINT64, &length);
    if (value && length >= 8 && be64_at(value) != 0)
        snprintf(n->uuid, sizeof(n->uuid), "%" PRIu64, be64_at(value));
}

int probe_zfs_names(struct view *v, const struct probe_super *s, struct probe_names *n,
                    struct fault *f)
{
    uint64_t at = s->offset + CONFIG_OFFSET;
    uint64_t left = CONFIG_BYTES - LIST_HEAD;
    uint8_t encoding;
    struct pair p;
    bool there;

    if (view_read(v, at, &encoding, 1, &there, f) < 0)
        return f->code;
    if (!there || encoding != NV_ENCODE_XDR)
        return 0;
    at += LIST_HEAD;
    do {
        if (read_pair(v, at, left, &p, f) < 0)
            return f->code;
        if (p.size > 0)
            show(&p, n);
        at += p.size;
        left -= p.size;
    } while (p.size > 0);
    return 0;
}
