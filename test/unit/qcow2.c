/* SPDX-License-Identifier: MIT */
/* A qcow2 image over a failing file: a fault from wherever it comes, and never wrong bytes. */
#include <stdint.h>
#include <string.h>

#include "io/engine.h"
#include "io/sink.h"
#include "io/source.h"
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
    const struct qcow2_options options = {0};
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

int main(void)
{
    struct unit u = {0};

    make_image();
    UNIT_CASE(&u, reads_in_order);
    UNIT_CASE(&u, an_error_anywhere_is_a_fault);
    UNIT_CASE(&u, an_end_anywhere_is_a_fault);
    UNIT_CASE(&u, maps_the_same_in_any_order);
    return unit_end(&u);
}
