/* SPDX-License-Identifier: MIT */
/* The internal snapshots of a qcow2 image: earlier states of its disk. */
#include "qcow2/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/text.h"

enum {
    EXTRA_READ_BYTES = 16, /* of the extra data: the two sizes */
    /* What QEMU allows. */
    MAX_EXTRA_BYTES = 1024,
    MAX_TABLE_BYTES = 64 << 20,
};

/* The fixed part of an entry. */
struct entry_head {
    uint64_t l1_table_offset;
    uint32_t l1_size;
    uint16_t id_str_size;
    uint16_t name_size;
    uint32_t date_sec;
    uint32_t date_nsec;
    uint64_t vm_clock_nsec;
    uint32_t vm_state_size;
    uint32_t extra_data_size;
};

int qcow2_snapshots_start(struct qcow2_snapshot_walk *w, struct reader *r,
                          const struct qcow2_header *h, struct fault *f)
{
    uint64_t least = (uint64_t)h->nb_snapshots * QCOW2_SNAPSHOT_HEAD_BYTES;
    const char *under;

    *w = (struct qcow2_snapshot_walk){.reader = r, .header = h, .at = h->snapshots_offset};
    if (h->nb_snapshots == 0)
        return 0;
    if (h->nb_snapshots > QCOW2_SNAPSHOTS_MAX)
        return fault_set(f, FAULT_DAMAGED, "the image has %u snapshots, more than %d",
                         h->nb_snapshots, QCOW2_SNAPSHOTS_MAX);
    if (h->snapshots_offset % h->cluster_size != 0)
        return fault_set(f, FAULT_DAMAGED, "snapshot table offset 0x%llx is not cluster-aligned",
                         ull(h->snapshots_offset));
    if (!range_within(h->snapshots_offset, least, h->file_size))
        return fault_set(f, FAULT_DAMAGED,
                         "the snapshot table at 0x%llx, of %u entries, passes the end of the file "
                         "(%llu bytes)",
                         ull(h->snapshots_offset), h->nb_snapshots, ull(h->file_size));
    under = qcow2_header_overlap_snapshots(h, h->snapshots_offset, least);
    if (under)
        return fault_set(f, FAULT_DAMAGED, "the snapshot table at 0x%llx lies over %s",
                         ull(h->snapshots_offset), under);
    return 0;
}

/* ---- one entry ---- */

/* `length` bytes of an entry lie within the file, and the table has not grown past its limit. */
static int check_room(const struct qcow2_snapshot_walk *w, uint64_t at, uint64_t length,
                      struct fault *f)
{
    if (!range_within(at, length, w->header->file_size))
        return fault_set(f, FAULT_DAMAGED,
                         "snapshot %u needs %llu bytes at 0x%llx, but the file ends at %llu",
                         w->number, ull(length), ull(at), ull(w->header->file_size));
    if (at + length - w->header->snapshots_offset > MAX_TABLE_BYTES)
        return fault_set(f, FAULT_DAMAGED, "the snapshot table has more than %d bytes",
                         MAX_TABLE_BYTES);
    return 0;
}

static int read_head(const struct qcow2_snapshot_walk *w, struct entry_head *e, struct fault *f)
{
    uint8_t p[QCOW2_SNAPSHOT_HEAD_BYTES];

    if (check_room(w, w->at, sizeof(p), f) < 0 ||
        reader_read(w->reader, w->at, p, sizeof(p), f) < 0)
        return f->code;
    *e = (struct entry_head){
        .l1_table_offset = be64_at(p),
        .l1_size = be32_at(p + 8),
        .id_str_size = be16_at(p + 12),
        .name_size = be16_at(p + 14),
        .date_sec = be32_at(p + 16),
        .date_nsec = be32_at(p + 20),
        .vm_clock_nsec = be64_at(p + 24),
        .vm_state_size = be32_at(p + 32),
        .extra_data_size = be32_at(p + 36),
    };
    if (e->extra_data_size > MAX_EXTRA_BYTES)
        return fault_set(f, FAULT_DAMAGED, "snapshot %u has %u bytes of extra data, more than %d",
                         w->number, e->extra_data_size, MAX_EXTRA_BYTES);
    return check_room(w, w->at + sizeof(p),
                      (uint64_t)e->extra_data_size + e->id_str_size + e->name_size, f);
}

/* The extra data may be missing, or end after either size. */
static int read_sizes(const struct qcow2_snapshot_walk *w, const struct entry_head *e,
                      struct qcow2_snapshot *s, struct fault *f)
{
    size_t n = min_u64(e->extra_data_size, EXTRA_READ_BYTES);
    uint8_t p[EXTRA_READ_BYTES];

    if (n > 0 && reader_read(w->reader, w->at + QCOW2_SNAPSHOT_HEAD_BYTES, p, n, f) < 0)
        return f->code;
    s->vm_state_size = n >= 8 ? be64_at(p) : e->vm_state_size;
    s->disk_size = n >= 16 ? be64_at(p + 8) : w->header->active_size;
    return 0;
}

static int read_string(const struct qcow2_snapshot_walk *w, const char *what, uint64_t at,
                       size_t length, char **out, struct fault *f)
{
    char *s = malloc(length + 1);

    if (!s)
        return fault_memory(f, "a snapshot's name", length + 1);
    if (length > 0 && reader_read(w->reader, at, s, length, f) < 0) {
        free(s);
        return f->code;
    }
    s[length] = '\0';
    *out = s;
    if (strlen(s) != length)
        return fault_set(f, FAULT_DAMAGED, "the %s of snapshot %u has a NUL at byte %zu of %zu",
                         what, w->number, strlen(s), length);
    return 0;
}

int qcow2_snapshots_next(struct qcow2_snapshot_walk *w, struct qcow2_snapshot *out, struct fault *f)
{
    struct qcow2_snapshot s = {0};
    struct entry_head e = {0};
    uint64_t strings;

    if (w->number == w->header->nb_snapshots)
        return 0;
    if (read_head(w, &e, f) < 0)
        return f->code;
    s.l1_table_offset = e.l1_table_offset;
    s.l1_size = e.l1_size;
    s.date_sec = e.date_sec;
    s.date_nsec = e.date_nsec;
    s.vm_clock_nsec = e.vm_clock_nsec;
    strings = w->at + QCOW2_SNAPSHOT_HEAD_BYTES + e.extra_data_size;
    if (read_sizes(w, &e, &s, f) < 0 ||
        read_string(w, "ID", strings, e.id_str_size, &s.id, f) < 0 ||
        read_string(w, "name", strings + e.id_str_size, e.name_size, &s.name, f) < 0) {
        qcow2_snapshot_free(&s);
        return f->code;
    }
    *out = s;
    /* Padded to a multiple of 8; the sum is within the file, see check_room. */
    w->at = (strings + e.id_str_size + e.name_size + 7) & ~UINT64_C(7);
    w->number++;
    return 1;
}

void qcow2_snapshot_free(struct qcow2_snapshot *s)
{
    free(s->id);
    free(s->name);
    *s = (struct qcow2_snapshot){0};
}

/* ---- one of them ---- */

/* The first snapshot with this name or ID, without its strings, and how many there are. */
static int find(struct reader *r, const struct qcow2_header *h, const char *wanted,
                struct qcow2_snapshot *found, unsigned *count, struct fault *f)
{
    struct qcow2_snapshot_walk w;
    struct qcow2_snapshot s;
    int more;

    *count = 0;
    if (qcow2_snapshots_start(&w, r, h, f) < 0)
        return f->code;
    while ((more = qcow2_snapshots_next(&w, &s, f)) > 0) {
        if ((strcmp(s.id, wanted) == 0 || strcmp(s.name, wanted) == 0) && (*count)++ == 0) {
            *found = s;
            found->id = found->name = NULL;
        }
        qcow2_snapshot_free(&s);
    }
    return more;
}

int qcow2_snapshot_use(struct reader *r, struct qcow2_header *h, const char *wanted,
                       struct fault *f)
{
    struct qcow2_snapshot s;
    unsigned count;
    char quoted[256];

    text_escape(quoted, sizeof(quoted), wanted, strlen(wanted));
    if (find(r, h, wanted, &s, &count, f) < 0)
        return f->code;
    if (count == 0)
        return fault_set(f, FAULT_USAGE, "has no snapshot \"%s\" (of %u)", quoted, h->nb_snapshots);
    if (count > 1)
        return fault_set(f, FAULT_USAGE, "\"%s\" is the name or ID of %u snapshots", quoted, count);
    if (qcow2_header_use_l1(h, s.disk_size, s.l1_table_offset, s.l1_size, f) < 0)
        return fault_prefix(f, "snapshot \"%s\"", quoted);
    return 0;
}
