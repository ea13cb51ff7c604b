/* SPDX-License-Identifier: MIT */
/* Fuzzes the manifest reader: whatever it accepts, the writer must write again byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/sink.h"
#include "io/stream.h"
#include "manifest/reader.h"
#include "manifest/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, against which what is written is compared as it comes. */
struct original {
    const uint8_t *bytes;
    size_t size;
    size_t at;
};

static int compare(void *context, const void *bytes, size_t len, struct fault *f)
{
    struct original *o = context;

    (void)f;
    if (len > o->size - o->at || memcmp(o->bytes + o->at, bytes, len) != 0)
        abort();
    o->at += len;
    return 0;
}

static int copy_data(struct manifest_reader *r, struct manifest_writer *w, struct sink *to,
                     struct fault *f)
{
    const uint8_t *part;
    size_t got;

    do {
        if (manifest_data(r, &part, &got, f) < 0)
            return f->code;
        if (got > 0 && sink_data(to, part, got, f) < 0)
            return f->code;
        manifest_writer_data(w, got);
    } while (got > 0);
    return 0;
}

/* True if the whole manifest was accepted. */
static bool copy(struct manifest_reader *r, struct sink *to)
{
    struct manifest_writer *w;
    struct entry e = {0}, other = {0};
    struct fault f;
    bool more = true;
    int rc;

    if (manifest_writer_open(to, manifest_has_data(r), &w, &f) < 0)
        abort();
    while ((rc = manifest_next(r, &e, &more, &f)) == 0 && more) {
        /* Through a copy, so that entry_copy is held to the same. */
        if (entry_copy(&other, &e, &f) < 0 || manifest_write_entry(w, &other, &f) < 0)
            abort();
        if ((rc = copy_data(r, w, to, &f)) < 0)
            break;
    }
    if (rc == 0 && manifest_writer_end(w, &f) < 0)
        abort();
    manifest_writer_close(w);
    entry_free(&e);
    entry_free(&other);
    return rc == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sink_callbacks callbacks = {.data = compare};
    struct original original = {.bytes = data, .size = size};
    struct stream *from;
    struct manifest_reader *r;
    struct sink *to;
    struct fault f;

    if (sink_to_callback(&callbacks, &original, &to, &f) < 0 ||
        stream_open_memory(data, size, "input", &from, &f) < 0)
        abort();
    if (manifest_reader_open(from, &r, &f) == 0) {
        if (copy(r, to) && original.at != size)
            abort();
        manifest_reader_close(r);
    }
    stream_close(from);
    sink_close(to);
    return 0;
}
