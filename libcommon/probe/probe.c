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

static int try_mark(struct view *v, const struct probe_row *row, const struct probe_mark *m,
                    bool *is, struct fault *f)
{
    uint8_t bytes[PROBE_SUPER_BYTES];
    struct probe_super s = {.bytes = bytes};

    *is = false;
    if (!locate(v, m, &s.offset))
        return 0;
    if (has_magic(v, s.offset, m, is, f) < 0)
        return f->code;
    if (!*is || !row->check)
        return 0;
    if (view_read(v, s.offset, bytes, sizeof(bytes), is, f) < 0)
        return f->code;
    *is = *is && row->check(&s);
    return 0;
}

static int try_row(struct view *v, const struct probe_row *row, bool *is, struct fault *f)
{
    *is = false;
    if (row->look)
        return row->look(v, is, f);
    for (const struct probe_mark *m = row->marks; m->magic && !*is; m++)
        if (try_mark(v, row, m, is, f) < 0)
            return f->code;
    return 0;
}

static int find(struct view *v, const struct probe_answer **out, struct fault *f)
{
    for (size_t i = 0; i < probe_row_count; i++) {
        bool is;

        if (try_row(v, &probe_rows[i], &is, f) < 0)
            return f->code;
        if (is) {
            *out = &probe_rows[i].answer;
            return 0;
        }
    }
    return 0;
}

int probe_device(struct source *device, const struct probe_answer **out, struct fault *f)
{
    struct view v;
    int code;

    *out = NULL;
    if (view_open(device, &v, f) < 0)
        return f->code;
    code = find(&v, out, f);
    view_close(&v);
    return code;
}
