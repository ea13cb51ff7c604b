/* SPDX-License-Identifier: MIT */
/* For tests: a source whose reads fail as planned, to prove that every layer above says so. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "io/reader.h"
#include "io/source.h"

struct faulty_source {
    struct source base;
    struct hostfile host; /* stands in for the host file; its read() fails as planned */
    struct source *below; /* owned */
    pthread_mutex_t lock; /* of the reader: a host file is read from several threads */
    struct reader *reader;
    enum faulty_kind kind;
    uint64_t offset;
};

static struct faulty_source *of_host(struct hostfile *h)
{
    return (struct faulty_source *)((char *)h - offsetof(struct faulty_source, host));
}

static int faulty_read(struct hostfile *h, uint64_t offset, void *buffer, size_t length,
                       struct fault *f)
{
    struct faulty_source *s = of_host(h);
    int code;

    if (s->kind == FAULTY_ERROR && s->offset >= offset && s->offset - offset < length)
        return fault_set(f, FAULT_SYSTEM, "planned failure at offset %llu",
                         (unsigned long long)s->offset);
    pthread_mutex_lock(&s->lock);
    code = reader_read(s->reader, offset, buffer, length, f);
    pthread_mutex_unlock(&s->lock);
    return code;
}

static int faulty_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                      struct fault *f)
{
    struct faulty_source *s = (struct faulty_source *)base;

    (void)f;
    *out = (struct extent){
        .kind = EXTENT_FILE, .length = length, .file = {.host = &s->host, .offset = offset}};
    return 0;
}

static void faulty_close(struct source *base)
{
    struct faulty_source *s = (struct faulty_source *)base;

    pthread_mutex_destroy(&s->lock);
    reader_close(s->reader);
    source_close(s->below);
    free(s->host.name);
    free(s);
}

static const struct source_ops faulty_ops = {.map = faulty_map, .close = faulty_close};

int source_faulty(struct source *below, enum faulty_kind kind, uint64_t offset, struct source **out,
                  struct fault *f)
{
    struct faulty_source *s = calloc(1, sizeof(*s));
    uint64_t size;

    if (!s) {
        source_close(below);
        return fault_memory(f, "a faulty source", sizeof(*s));
    }
    s->base.ops = &faulty_ops;
    pthread_mutex_init(&s->lock, NULL);
    s->below = below;
    s->kind = kind;
    s->offset = offset;
    s->host = (struct hostfile){.read = faulty_read, .fd = -1, .name = strdup(below->name)};
    if (!s->host.name) {
        fault_memory(f, "a name", strlen(below->name));
        goto fail;
    }
    if (source_size(below, &size, f) < 0 || reader_open(below, 1 << 20, &s->reader, f) < 0)
        goto fail;
    s->base.name = s->host.name;
    s->base.size = kind == FAULTY_SHORT ? min_u64(offset, size) : size;
    s->host.size = s->base.size;
    *out = &s->base;
    return 0;
fail:
    faulty_close(&s->base);
    return f->code;
}
