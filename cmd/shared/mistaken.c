/* SPDX-License-Identifier: MIT */
/* What a file seems to be that was given in place of an engram or a manifest. */
#include "shared/mistaken.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "io/reader.h"

/* As many of a file's first bytes as are looked at. */
enum { START_BYTES = 2048 };

/* A format's bytes at a place of the file. */
struct mark {
    size_t offset, length;
    const char *bytes;
    const char *seems; /* "it seems to be ..." */
};

#define MARK(literal)    sizeof(literal) - 1, literal
#define COMPRESSED(with) "compressed: " with " -d unpacks it"

enum { MARK_ENGRAM, MARK_MANIFEST };

/* Those at the very start first: what lies further on may be anybody's data. */
static const struct mark marks[] = {
    [MARK_ENGRAM] = {8, MARK("engram\r\n"), "an engram, of which engram-walk makes a manifest"},
    [MARK_MANIFEST] = {0, MARK("manifest="), "a manifest, of which engram-pack makes an engram"},
    {0, MARK("QFI\xfb"), "a qcow2 image, which qcow2cat and ext4walk read"},
    {0, MARK("\x28\xb5\x2f\xfd"), COMPRESSED("zstd")},
    {0, MARK("\x1f\x8b"), COMPRESSED("gzip")},
    {0,
     MARK("\xfd"
          "7zXZ"),
     COMPRESSED("xz")},
    {0, MARK("BZh"), COMPRESSED("bzip2")},
    {0, MARK("hsqs"), "a squashfs file system, which unsquashfs reads"},
    {257, MARK("ustar"), "a tar archive, which tar reads"},
    {1080, MARK("\x53\xef"), "an ext2, ext3 or ext4 file system, which ext4walk reads"},
    {510, MARK("\x55\xaa"), "a disk or a boot sector, of which partls may tell more"},
};

static int say(const uint8_t *start, size_t length, size_t wanted, struct fault *f)
{
    size_t used = strlen(f->text);

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const struct mark *m = &marks[i];

        if (!range_within(m->offset, m->length, length) ||
            memcmp(start + m->offset, m->bytes, m->length) != 0)
            continue;
        if (i != wanted)
            snprintf(f->text + used, sizeof(f->text) - used, "; it seems to be %s", m->seems);
        break;
    }
    return f->code;
}

int mistaken_engram(struct source *file, struct fault *f)
{
    uint8_t start[START_BYTES];
    struct reader *r = NULL;
    struct fault unsaid;
    uint64_t size;
    bool is_read;

    /* A fault with a subject is that of a base. */
    if (f->code != FAULT_DAMAGED || f->subject[0] != '\0' || source_size(file, &size, &unsaid) < 0)
        return f->code;
    size = min_u64(size, sizeof(start));
    is_read = reader_open(file, READER_LINE_BYTES, &r, &unsaid) == 0 &&
              reader_read(r, 0, start, size, &unsaid) == 0;
    reader_close(r);
    return is_read ? say(start, size, MARK_ENGRAM, f) : f->code;
}

int mistaken_manifest(struct stream *from, struct fault *f)
{
    const uint8_t *start;
    struct fault unsaid;
    size_t length;

    if (f->code != FAULT_DAMAGED || stream_offset(from) > 0 ||
        stream_peek(from, START_BYTES, &start, &length, &unsaid) < 0)
        return f->code;
    return say(start, length, MARK_MANIFEST, f);
}
