/* SPDX-License-Identifier: MIT */
/* Goes through the table of types until one fits. */
#include "probe/probe.h"

#include <string.h>

#include "base/checked.h"
#include "probe/table.h"

/* Where a mark's superblock starts; false if this device has no such place. */
static bool locate(const struct view *v, const struct probe_mark *m, uint64_t *start)
{
    *start = m->super;
    if (m->align == 0)
        return true;
    if (!v->whole || v->size < m->super)
        return false;
    *start = (v->size - m->super) / m->align * m->align;
    return true;
}

static int has_magic(struct view *v, uint64_t start, const struct probe_mark *m, bool *has,
                     struct fault *f)
{
    char found[PROBE_MAGIC_MAX];
    uint64_t at;

    *has = false;
    if (!add_u64(start, m->offset, &at))
        return 0;
    if (view_read(v, at, found, m->length, has, f) < 0)
        return f->code;
    *has = *has && memcmp(found, m->magic, m->length) == 0;
    return 0;
}

/* What was found, and its superblock: where it is, and its bytes if they were checked. */
struct found {
    const struct probe_row *row;
    struct probe_super super;
    uint8_t bytes[PROBE_SUPER_BYTES];
};

static int try_mark(struct view *v, const struct probe_row *row, const struct probe_mark *m,
                    struct found *found, bool *is, struct fault *f)
{
    *is = false;
    if (!locate(v, m, &found->super.offset))
        return 0;
    if (has_magic(v, found->super.offset, m, is, f) < 0)
        return f->code;
    if (!*is || !row->check)
        return 0;
    if (view_read(v, found->super.offset, found->bytes, sizeof(found->bytes), is, f) < 0)
        return f->code;
    *is = *is && row->check(&found->super);
    return 0;
}

static int try_row(struct view *v, const struct probe_row *row, struct found *found, bool *is,
                   struct fault *f)
{
    found->super = (struct probe_super){.bytes = found->bytes};
    *is = false;
    if (row->look)
        return row->look(v, is, f);
    for (const struct probe_mark *m = row->marks; m->magic && !*is; m++)
        if (try_mark(v, row, m, found, is, f) < 0)
            return f->code;
    return 0;
}

/* found->row stays NULL if nothing is. */
static int find(struct view *v, struct found *found, struct fault *f)
{
    for (size_t i = 0; i < probe_row_count && !found->row; i++) {
        bool is;

        if (try_row(v, &probe_rows[i], found, &is, f) < 0)
            return f->code;
        if (is)
            found->row = &probe_rows[i];
    }
    return 0;
}

static int read_names(struct view *v, const struct found *found, struct probe_names *n,
                      struct fault *f)
{
    const struct probe_row *row = found->row;

    if (names_read(v, found->super.offset, &row->label, n->label, f) < 0 ||
        names_read(v, found->super.offset, &row->uuid, n->uuid, f) < 0)
        return f->code;
    return row->names ? row->names(v, &found->super, n, f) : 0;
}

int probe_device(struct source *device, const struct probe_answer **out, struct probe_names *names,
                 struct fault *f)
{
    struct found found = {0};
    struct view v;
    int code;

    *out = NULL;
    if (names)
        *names = (struct probe_names){0};
    if (view_open(device, &v, f) < 0)
        return f->code;
    code = find(&v, &found, f);
    if (code == 0 && found.row && names)
        code = read_names(&v, &found, names, f);
    if (code == 0 && found.row)
        *out = &found.row->answer;
    view_close(&v);
    return code;
}
