/* SPDX-License-Identifier: MIT */
/* Fuzz target: a qcow2 image in memory, its disk mapped and read, as it is and as its first
 * snapshot has it; its features, counts and snapshots told; its tables walked as if it had a data
 * file, which no image in memory can name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "io/engine.h"
#include "io/reader.h"
#include "io/sink.h"
#include "io/source.h"
#include "qcow2/chain.h"
#include "qcow2/extension.h"
#include "qcow2/header.h"
#include "qcow2/qcow2.h"
#include "qcow2/snapshot.h"
#include "qcow2/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A small file may say that its disk is huge and all data: enough of it is read to meet every path,
 * and what follows is only mapped, a bounded number of times. */
enum { INPUT_MAX = 1 << 20, READ_MAX = 8 << 20, MAPS_MAX = 2000, READER_BYTES = 1 << 20 };

static int drop(void *context, const void *bytes, size_t len, struct fault *f)
{
    (void)f;
    *(unsigned *)context += len ? *(const uint8_t *)bytes : 0; /* the bytes must be there */
    return 0;
}

static int drop_hole(void *context, uint64_t length, struct fault *f)
{
    (void)context;
    (void)length;
    (void)f;
    return 0;
}

static void read_some(struct source *disk)
{
    const struct sink_callbacks callbacks = {.data = drop, .hole = drop_hole};
    struct engine *engine = NULL;
    struct sink *sink = NULL;
    unsigned sum = 0;
    struct fault f;

    if (sink_to_callback(&callbacks, &sum, &sink, &f) == 0 && engine_open(&engine, &f) == 0)
        engine_move(engine, disk, 0, min_u64(disk->size, READ_MAX), sink, NULL, &f);
    engine_close(engine);
    sink_close(sink);
}

static void map_all(struct source *disk)
{
    struct extent e;
    struct fault f;
    uint64_t at = 0;

    /* A faulty place is stepped over, so that one does not hide the rest. */
    for (int i = 0; i < MAPS_MAX && at < disk->size; i++)
        at += source_map(disk, at, disk->size - at, &e, &f) == 0 ? e.length
                                                                 : min_u64(disk->size - at, 512);
}

/* The disk as it is, or as a snapshot has it. */
static void read_image(const uint8_t *data, size_t size, const char *snapshot)
{
    const struct qcow2_options options = {.snapshot = snapshot};
    struct source *file;
    struct source *disk;
    struct fault f;

    if (source_from_memory(data, size, "fuzz", &file, &f) < 0 ||
        qcow2_open(file, NULL, &options, &disk, &f) < 0)
        return;
    map_all(disk);
    read_some(disk);
    source_close(disk);
}

/* All snapshots; the name of the first is then the caller's, NULL if there is none. */
static char *walk_snapshots(const struct qcow2_layer *l)
{
    struct qcow2_snapshot_walk w;
    struct qcow2_snapshot s;
    char *first = NULL;
    struct fault f;

    if (qcow2_snapshots_start(&w, l->reader, &l->header, &f) < 0)
        return NULL;
    while (qcow2_snapshots_next(&w, &s, &f) > 0) {
        if (!first)
            first = strdup(s.name);
        qcow2_snapshot_free(&s);
    }
    return first;
}

/* What qcow2info tells: features by name, counts, snapshots. */
static char *show_image(const uint8_t *data, size_t size)
{
    const struct qcow2_options options = {0};
    char name[QCOW2_FEATURE_NAME_BYTES + 1];
    struct qcow2_chain chain = {0};
    struct qcow2_counts counts;
    char *first = NULL;
    struct source *file;
    struct fault f;

    if (source_from_memory(data, size, "fuzz", &file, &f) == 0 &&
        qcow2_chain_open(&chain, file, false, NULL, &options, &f) == 0) {
        const struct qcow2_layer *l = chain.layers[0];

        for (unsigned bit = 0; bit < 64; bit++)
            qcow2_feature_name(l->reader, &l->header, QCOW2_FEATURE_COMPATIBLE, bit, name, &f);
        qcow2_table_count(&l->table, &counts, &f);
        first = walk_snapshots(l);
    }
    qcow2_chain_close(&chain);
    return first;
}

static void find_all(struct qcow2_table *t)
{
    uint64_t size = t->header->size;
    struct qcow2_run run;
    struct fault f;
    uint64_t at = 0;

    for (int i = 0; i < MAPS_MAX && at < size; i++)
        at = qcow2_table_find(t, at, size - at, &run, &f) == 0 ? run.start + run.length
                                                               : at + min_u64(size - at, 512);
}

/* The tables as they are with an external data file: one as long as the disk. */
static void walk_tables(struct source *file)
{
    struct qcow2_header h = {0};
    struct qcow2_table t = {.header = &h};
    struct qcow2_counts counts;
    struct fault f;

    if (reader_open(file, READER_BYTES, &t.reader, &f) < 0)
        return;
    if (qcow2_header_read(t.reader, file->size, &h, &f) == 0) {
        t.data = (struct qcow2_data){.external = true, .size = h.size};
        if (qcow2_table_check(&t, &f) == 0) {
            find_all(&t);
            qcow2_table_count(&t, &counts, &f);
        }
    }
    reader_close(t.reader);
}

static void walk_with_data_file(const uint8_t *data, size_t size)
{
    struct source *file;
    struct fault f;

    if (source_from_memory(data, size, "fuzz", &file, &f) < 0)
        return;
    walk_tables(file);
    source_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *snapshot;

    if (size > INPUT_MAX)
        return 0;
    read_image(data, size, NULL);
    walk_with_data_file(data, size);
    snapshot = show_image(data, size);
    if (snapshot)
        read_image(data, size, snapshot);
    free(snapshot);
    return 0;
}
