/* SPDX-License-Identifier: MIT */
/* A qcow2 image over a failing file: a fault from wherever it comes, and never wrong bytes. */
#include <stdint.h>
#include <string.h>

#include "base/checked.h"
#include "io/engine.h"
#include "io/sink.h"
#include "io/source.h"
#include "qcow2/entry.h"
#include "qcow2/qcow2.h"
#include "unit.h"

/*
 * An image in memory: 64 KiB clusters, as large as what the metadata cache reads at once, so that a
 * fault in one cluster is met only by what needs that cluster.  Version 2.  Cluster 0 is the
 * header, 1 the L1 table, 2 and 3 the L2 tables, 4 to 11 data.  The disk reaches 64 clusters into
 * the second L2 table; of the first 64 clusters of each table, every 16th has data: its number, in
 * all bytes.
 */
enum {
    CLUSTER = 65536,
    L1_AT = 1 * CLUSTER,
    L2_AT = 2 * CLUSTER,
    DATA_AT = 4 * CLUSTER,
    TABLE_ENTRIES = CLUSTER / 8,
    DISK_CLUSTERS = TABLE_ENTRIES + 64,
    EVERY = 16,
    DATA_CLUSTERS = 2 * 64 / EVERY,
    IMAGE_BYTES = DATA_AT + DATA_CLUSTERS * CLUSTER,
};

#define DISK_BYTES ((uint64_t)DISK_CLUSTERS * CLUSTER)

static uint8_t image[IMAGE_BYTES];

/* Which data cluster of the image, from 1, a cluster of the disk is; 0 if it is a hole. */
static uint8_t data_number(uint64_t cluster)
{
    uint64_t table = cluster / TABLE_ENTRIES;
    uint64_t index = cluster % TABLE_ENTRIES;

    return index < 64 && index % EVERY == 0 ? (uint8_t)(table * (64 / EVERY) + index / EVERY + 1)
                                            : 0;
}

static void put_be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put_be64(uint8_t *p, uint64_t v)
{
    put_be32(p, (uint32_t)(v >> 32));
    put_be32(p + 4, (uint32_t)v);
}

static void make_image(void)
{
    memset(image, 0, DATA_AT);
    put_be32(image, 0x514649fb);
    put_be32(image + 4, 2);
    put_be32(image + 20, 16); /* cluster_bits */
    put_be64(image + 24, DISK_BYTES);
    put_be32(image + 36, 2); /* l1_size */
    put_be64(image + 40, L1_AT);
    put_be64(image + L1_AT, L2_AT);
    put_be64(image + L1_AT + 8, L2_AT + CLUSTER);
    for (uint64_t i = 0; i < DISK_CLUSTERS; i++) {
        uint8_t number = data_number(i);
        uint64_t at = DATA_AT + (uint64_t)(number - 1) * CLUSTER;

        if (number == 0)
            continue;
        put_be64(image + L2_AT + i * 8, at);
        memset(image + at, number, CLUSTER);
    }
}

/* Compares what comes with what should. */
struct comparison {
    const char *snapshot; /* NULL: the disk as it is */
    uint64_t done;
    bool wrong;
};

static int compare_data(void *context, const void *bytes, size_t len, struct fault *f)
{
    struct comparison *c = context;
    const uint8_t *p = bytes;

    (void)f;
    for (size_t i = 0; i < len; i++)
        if (p[i] != data_number((c->done + i) / CLUSTER))
            c->wrong = true;
    c->done += len;
    return 0;
}

static int compare_hole(void *context, uint64_t length, struct fault *f)
{
    struct comparison *c = context;

    (void)f;
    for (uint64_t i = c->done / CLUSTER; i <= (c->done + length - 1) / CLUSTER; i++)
        if (data_number(i) != 0)
            c->wrong = true;
    c->done += length;
    return 0;
}

/* Read the disk of an image that `lower` holds; 0 or the fault's code, and what came. */
static int read_disk(struct source *lower, struct comparison *c)
{
    const struct sink_callbacks callbacks = {.data = compare_data, .hole = compare_hole};
    const struct qcow2_options options = {.snapshot = c->snapshot};
    struct engine *engine = NULL;
    struct sink *sink = NULL;
    struct source *disk;
    struct fault f;
    int code = qcow2_open(lower, NULL, &options, &disk, &f);

    if (code < 0)
        return code;
    code = sink_to_callback(&callbacks, c, &sink, &f);
    if (code == 0)
        code = engine_open(&engine, &f);
    if (code == 0)
        code = engine_move(engine, disk, 0, disk->size, sink, NULL, &f);
    engine_close(engine);
    sink_close(sink);
    source_close(disk);
    return code;
}

static void reads_in_order(struct unit *u)
{
    struct comparison c = {0};
    struct source *lower;
    struct fault f;

    CHECK(u, source_from_memory(image, sizeof(image), "image", &lower, &f) == 0);
    CHECK(u, read_disk(lower, &c) == 0);
    CHECK(u, !c.wrong && c.done == DISK_BYTES);
}

/* One failing offset: a fault with this code, or, where the offset need not be read, the disk. */
static void try_offset(struct unit *u, enum faulty_kind kind, uint64_t offset, int want_code)
{
    struct comparison c = {0};
    struct source *lower;
    struct fault f;
    int code;

    CHECK(u, source_from_memory(image, sizeof(image), "image", &lower, &f) == 0);
    CHECK(u, source_faulty(lower, kind, offset, &lower, &f) == 0);
    code = read_disk(lower, &c);
    CHECK(u, code == want_code);
    CHECK(u, !c.wrong);
    CHECK(u, code != 0 || c.done == DISK_BYTES);
}

static void an_error_anywhere_is_a_fault(struct unit *u)
{
    /* All of it is needed: the cache reads the whole of each metadata cluster. */
    for (uint64_t offset = 0; offset < IMAGE_BYTES; offset += 4099)
        try_offset(u, FAULTY_ERROR, offset, FAULT_SYSTEM);
}

static void an_end_anywhere_is_a_fault(struct unit *u)
{
    for (uint64_t length = 0; length < IMAGE_BYTES; length += 4099)
        try_offset(u, FAULTY_SHORT, length, FAULT_DAMAGED);
    try_offset(u, FAULTY_SHORT, IMAGE_BYTES - 1, FAULT_DAMAGED);
    try_offset(u, FAULTY_SHORT, IMAGE_BYTES, 0);
}

/* Asked in any order and length, the map says the same: what was found last must not mislead. */
static void maps_the_same_in_any_order(struct unit *u)
{
    const struct qcow2_options options = {0};
    struct source *lower, *disk;
    struct comparison c;
    uint32_t state = 1;
    struct extent e;
    struct fault f;

    CHECK(u, source_from_memory(image, sizeof(image), "image", &lower, &f) == 0);
    CHECK(u, qcow2_open(lower, NULL, &options, &disk, &f) == 0);
    for (int i = 0; i < 10000; i++) {
        uint64_t offset, length;
        bool hole;

        state = state * 1664525 + 1013904223; /* an LCG: the same on every run */
        offset = state % 2 * TABLE_ENTRIES * (uint64_t)CLUSTER + state / 2 % (60 * CLUSTER);
        length = 1 + state / 3 % (DISK_BYTES - offset);
        hole = data_number(offset / CLUSTER) == 0;
        CHECK(u, source_map(disk, offset, length, &e, &f) == 0);
        CHECK(u, e.kind == (hole ? EXTENT_HOLE : EXTENT_MEMORY));
        c = (struct comparison){.done = offset};
        (hole ? compare_hole(&c, e.length, &f) : compare_data(&c, e.memory, e.length, &f));
        CHECK(u, !c.wrong);
    }
    source_close(disk);
}

/* ---- entries of L2 tables ---- */

static uint32_t state = 1;

static uint64_t random_u64(void)
{
    uint64_t n = 0;

    for (int i = 0; i < 4; i++) {
        state = state * 1664525 + 1013904223; /* an LCG: the same on every run */
        n = n << 16 | state >> 16;
    }
    return n;
}

/* A header as far as entries ask for it: of any cluster size, with and without subclusters. */
static struct qcow2_header random_header(void)
{
    bool extended = random_u64() % 2;
    struct qcow2_header h = {.version = extended ? 3 : 2 + random_u64() % 2};

    h.cluster_bits = (uint32_t)(extended ? 14 + random_u64() % 8 : 9 + random_u64() % 13);
    h.cluster_size = UINT64_C(1) << h.cluster_bits;
    h.subclusters = extended ? 32 : 1;
    h.subcluster_size = h.cluster_size / h.subclusters;
    h.file_size = random_u64() % (64 * h.cluster_size) + 1;
    h.l1_table_offset = h.cluster_size;
    h.l1_size = 1;
    h.refcount_table_offset = 3 * h.cluster_size;
    h.refcount_table_clusters = 1;
    h.autoclear_features = random_u64() % 4;
    return h;
}

/* Few bits, so that most entries are nearly right. */
static struct qcow2_entry random_entry(const struct qcow2_header *h)
{
    struct qcow2_entry e = {.descriptor = random_u64() % 80 * h->cluster_size};

    if (random_u64() % 8 == 0)
        e.descriptor |= UINT64_C(1) << 62; /* compressed */
    for (uint64_t n = random_u64() % 4; n > 0; n--)
        e.descriptor ^= UINT64_C(1) << random_u64() % 64;
    if (h->subclusters > 1 && random_u64() % 4 != 0) /* none: what a compressed cluster has */
        e.bitmap = random_u64() & random_u64() & random_u64() & random_u64();
    return e;
}

/* What a decoded entry promises to whoever maps it. */
static bool keeps_promises(const struct qcow2_header *h, const struct qcow2_data *data,
                           uint64_t start, const struct qcow2_run *run)
{
    if (run->kind == QCOW2_COMPRESSED)
        return !data->external && run->start == start && run->length == h->cluster_size &&
               run->packed_max > 0 &&
               range_within(run->host_offset, run->packed_max, h->file_size) &&
               !qcow2_header_overlap(h, run->host_offset, run->packed_max);
    if (run->start < start || run->length == 0 || run->length % h->subcluster_size != 0 ||
        run->start + run->length > start + h->cluster_size)
        return false;
    if (!run->allocated)
        return run->kind != QCOW2_DATA;
    return run->host_offset % h->cluster_size == (run->start - start) % h->cluster_size &&
           run->host_offset - (run->start - start) < data->size &&
           (data->external || !qcow2_header_overlap(h, run->host_offset, run->length));
}

static void any_entry_is_checked(struct unit *u)
{
    unsigned good[QCOW2_COMPRESSED + 1] = {0};
    unsigned bad = 0;

    for (int i = 0; i < 300000; i++) {
        struct qcow2_header h = random_header();
        struct qcow2_data data = {.external = random_u64() % 2, .size = h.file_size};
        struct qcow2_entry e = random_entry(&h);
        uint64_t start = random_u64() % 80 * h.cluster_size;
        unsigned first = (unsigned)(random_u64() % h.subclusters);
        struct qcow2_run run;
        struct fault f;
        int code = qcow2_entry_decode(&h, &data, &e, start, first, &run, &f);

        CHECK(u, code == 0 || code == FAULT_DAMAGED);
        CHECK(u, code != 0 || keeps_promises(&h, &data, start, &run));
        bad += code != 0;
        good[run.kind] += code == 0;
    }
    /* All of them were met. */
    CHECK(u, bad > 1000);
    for (unsigned i = 0; i <= QCOW2_COMPRESSED; i++)
        CHECK(u, good[i] > 500);
}

/* ---- snapshots ---- */

/* Put a snapshot table with one entry behind the image that make_image made: the whole disk, with
 * an L1 table of its own in the cluster behind it.  Without extra data. */
enum { WITH_SNAPSHOT_BYTES = IMAGE_BYTES + 2 * CLUSTER };

static uint8_t with_snapshot[WITH_SNAPSHOT_BYTES];

static void make_snapshot(void)
{
    uint8_t *entry = with_snapshot + IMAGE_BYTES;
    uint8_t *l1 = entry + CLUSTER;

    memcpy(with_snapshot, image, IMAGE_BYTES);
    put_be32(with_snapshot + 60, 1); /* nb_snapshots */
    put_be64(with_snapshot + 64, IMAGE_BYTES);
    put_be64(entry, IMAGE_BYTES + CLUSTER);
    put_be32(entry + 8, 2);        /* l1_size */
    put_be32(entry + 12, 1 << 16); /* an ID of one byte, a name of none */
    entry[40] = '7';
    put_be64(l1, L2_AT);
    put_be64(l1 + 8, L2_AT + CLUSTER);
    put_be64(with_snapshot + L1_AT, 0); /* the disk as it is now has nothing */
    put_be64(with_snapshot + L1_AT + 8, 0);
}

static int read_snapshot(struct unit *u, enum faulty_kind kind, uint64_t offset)
{
    struct comparison c = {.snapshot = "7"};
    struct source *lower;
    struct fault f;
    int code;

    CHECK(u, source_from_memory(with_snapshot, sizeof(with_snapshot), "image", &lower, &f) == 0);
    CHECK(u, source_faulty(lower, kind, offset, &lower, &f) == 0);
    code = read_disk(lower, &c);
    CHECK(u, !c.wrong);
    CHECK(u, code != 0 || c.done == DISK_BYTES);
    return code;
}

static void a_snapshot_reads_or_is_a_fault(struct unit *u)
{
    make_snapshot();
    CHECK(u, read_snapshot(u, FAULTY_SHORT, WITH_SNAPSHOT_BYTES) == 0);
    for (uint64_t offset = 0; offset < WITH_SNAPSHOT_BYTES; offset += 4099) {
        /* Only the table of the disk as it is now is not needed. */
        CHECK(u, read_snapshot(u, FAULTY_ERROR, offset) ==
                     (offset / CLUSTER == L1_AT / CLUSTER ? 0 : FAULT_SYSTEM));
        CHECK(u, read_snapshot(u, FAULTY_SHORT, offset) ==
                     (offset < WITH_SNAPSHOT_BYTES - CLUSTER + 16 ? FAULT_DAMAGED : 0));
    }
}

int main(void)
{
    struct unit u = {0};

    make_image();
    UNIT_CASE(&u, reads_in_order);
    UNIT_CASE(&u, an_error_anywhere_is_a_fault);
    UNIT_CASE(&u, an_end_anywhere_is_a_fault);
    UNIT_CASE(&u, maps_the_same_in_any_order);
    UNIT_CASE(&u, any_entry_is_checked);
    UNIT_CASE(&u, a_snapshot_reads_or_is_a_fault);
    return unit_end(&u);
}
