/* SPDX-License-Identifier: MIT */
/* Devices for the tests of probe/, made of the bytes that matter. */
#ifndef TEST_PROBE_MADE_H
#define TEST_PROBE_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/source.h"
#include "probe/probe.h"

/* Bytes at a place of a device of zeros. */
struct put {
    uint64_t at;
    size_t length;
    const char *bytes;
};

#define PUT(at, literal)                                                                           \
    {                                                                                              \
        at, sizeof(literal) - 1, literal                                                           \
    }

static inline void put(uint8_t *device, const struct put *p)
{
    if (p->length > 0)
        memcpy(device + p->at, p->bytes, p->length);
}

/* An ext2 file system's first fields. */
#define EXT_GROUP                                                                                  \
    PUT(1024, "\x10\0\0\0"), PUT(1024 + 0x20, "\0\x20\0\0"), PUT(1024 + 0x28, "\x10\0\0\0"),       \
        PUT(1024 + 0x38, "\x53\xef"), PUT(1024 + 0x4c, "\x01")

#define FAT_START(jump, sector, cluster, reserved, fats)                                           \
    PUT(0, jump), PUT(11, sector), PUT(13, cluster reserved fats), PUT(510, "\x55\xaa")

#define BCACHE_MAGIC   "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"
#define BCACHEFS_MAGIC "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"
#define MD_1           "\xfc\x4e\x2b\xa9\1\0\0\0"

/* A pipe's source, of a file that is as good as a pipe to it. */
static inline struct source *pipe_of(const uint8_t *data, size_t len)
{
    FILE *file = tmpfile();
    struct source *s;
    struct fault f;

    if (!file || fwrite(data, 1, len, file) != len || fflush(file) != 0)
        abort();
    rewind(file);
    if (source_from_pipe(dup(fileno(file)), "pipe", &s, &f) < 0)
        abort();
    fclose(file);
    return s;
}

/* Probe the device, which is closed then, for CHECK's sake: says on a line of its own what other
 * names were found. */
static inline bool are_names(struct source *s, const char *label, const char *uuid)
{
    const struct probe_answer *answer;
    struct probe_names n;
    struct fault f;
    int code = probe_device(s, &answer, &n, &f);

    source_close(s);
    if (code < 0 || !answer)
        printf("# no answer: %s\n", code < 0 ? f.text : "nothing known");
    else if (strcmp(n.label, label) != 0 || strcmp(n.uuid, uuid) != 0)
        printf("# %s: found \"%s\" \"%s\", not \"%s\" \"%s\"\n", answer->type, n.label, n.uuid,
               label, uuid);
    else
        return true;
    return false;
}

/* The memory is only as long as the device, so that the sanitizers see a read past its end. */
static inline bool named(const uint8_t *device, size_t size, const char *label, const char *uuid)
{
    uint8_t *cut = malloc(size);
    struct source *s;
    struct fault f;
    bool are;

    if (!cut || source_from_memory(memcpy(cut, device, size), size, "device", &s, &f) < 0)
        abort();
    are = are_names(s, label, uuid);
    free(cut);
    return are;
}

#endif
