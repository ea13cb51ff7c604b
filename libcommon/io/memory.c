/* SPDX-License-Identifier: MIT */
/* The source that is memory. */
#include <stdlib.h>
#include <string.h>

#include "io/source.h"

struct memory_source {
    struct source base;
    const uint8_t *data; /* borrowed */
    char *name;
};

static int memory_map(struct source *base, uint64_t offset, uint64_t length, struct extent *out,
                      struct fault *f)
{
    struct memory_source *s = (struct memory_source *)base;

    (void)f;
    *out = (struct extent){.kind = EXTENT_MEMORY, .length = length, .memory = s->data + offset};
    return 0;
}

static void memory_close(struct source *base)
{
    struct memory_source *s = (struct memory_source *)base;

    free(s->name);
    free(s);
}

static const struct source_ops memory_ops = {.map = memory_map, .close = memory_close};

int source_from_memory(const void *data, size_t len, const char *name, struct source **out,
                       struct fault *f)
{
    struct memory_source *s = calloc(1, sizeof(*s));
    char *copy = strdup(name);

    if (!s || !copy) {
        free(s);
        free(copy);
        return fault_memory(f, "a memory source", sizeof(*s) + strlen(name));
    }
    s->name = copy;
    s->data = data;
    s->base = (struct source){.ops = &memory_ops, .name = copy, .size = len};
    *out = &s->base;
    return 0;
}
