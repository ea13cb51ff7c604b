/* SPDX-License-Identifier: MIT */
/* Fuzz target: a qcow2 image in memory, opened and its whole disk mapped and read. */
#include <stdint.h>
#include <stdlib.h>

#include "base/checked.h"
#include "io/engine.h"
#include "io/sink.h"
#include "io/source.h"
#include "qcow2/qcow2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A small file may say that its disk is huge and all data: enough of it is read to meet every path,
 * and what follows is only mapped, a bounded number of times. */
enum { INPUT_MAX = 1 << 20, READ_MAX = 8 << 20, MAPS_MAX = 2000 };

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct qcow2_options options = {0};
    struct source *file;
    struct source *disk;
    struct fault f;

    if (size > INPUT_MAX || source_from_memory(data, size, "fuzz", &file, &f) < 0 ||
        qcow2_open(file, NULL, &options, &disk, &f) < 0)
        return 0;
    map_all(disk);
    read_some(disk);
    source_close(disk);
    return 0;
}
