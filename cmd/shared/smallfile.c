/* SPDX-License-Identifier: MIT */
/* Files that a command reads whole. */
#include "shared/smallfile.h"

#include <stdlib.h>

#include "io/source.h"

static int read_source(struct source *s, size_t max, uint8_t *bytes, size_t *length,
                       struct fault *f)
{
    /* One more than may be there shows that there is more. */
    if (source_head(s, bytes, max + 1, length, f) < 0)
        return f->code;
    if (*length > max)
        return fault_set(f, FAULT_USAGE, "has more than %zu bytes", max);
    return 0;
}

int smallfile_read(const char *path, size_t max, uint8_t **bytes, size_t *length, struct fault *f)
{
    struct source *s;
    int code;

    if (source_open_path(path, &s, f) < 0)
        return fault_about(f, path);
    *bytes = malloc(max + 1);
    code = *bytes ? read_source(s, max, *bytes, length, f) : fault_memory(f, "a file", max + 1);
    source_close(s);
    if (code == 0)
        return 0;
    free(*bytes);
    *bytes = NULL;
    return fault_about(f, path);
}
