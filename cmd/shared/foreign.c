/* SPDX-License-Identifier: MIT */
/* Disk images of other programs, which would pass for raw disks. */
#include "shared/foreign.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "io/reader.h"

enum { MARK_BYTES_MAX = 32, VHD_FOOTER_BYTES = 512 };

/* A format's bytes at a place of the file. */
struct mark {
    const char *format;
    uint64_t offset;
    bool from_end; /* offset is that far before the file's end */
    size_t length;
    const char *bytes;
};

#define MARK(literal) sizeof(literal) - 1, literal

static const struct mark marks[] = {
    {"VMDK", 0, false, MARK("KDMV")},                  /* sparse */
    {"VMDK", 0, false, MARK("COWD")},                  /* sparse, of version 3 */
    {"VMDK", 0, false, MARK("# Disk DescriptorFile")}, /* text that names the files with the data */
    {"VDI", 0x40, false, MARK("\x7f\x10\xda\xbe")},
    {"VHDX", 0, false, MARK("vhdxfile")},
    {"VHD", 0, false, MARK("conectix")},               /* dynamic: the footer's copy */
    {"VHD", VHD_FOOTER_BYTES, true, MARK("conectix")}, /* of fixed size: the footer alone */
    {"QED", 0, false, MARK("QED\0")},
    {"Parallels", 0, false, MARK("WithoutFreeSpace")},
    {"Parallels", 0, false, MARK("WithouFreSpacExt")},
};

static int has_mark(struct reader *r, uint64_t size, const struct mark *m, bool *answer,
                    struct fault *f)
{
    char found[MARK_BYTES_MAX];
    uint64_t at;

    *answer = false;
    if (m->offset > size)
        return 0;
    at = m->from_end ? size - m->offset : m->offset;
    if (m->length > size - at)
        return 0;
    if (reader_read(r, at, found, m->length, f) < 0)
        return f->code;
    *answer = memcmp(found, m->bytes, m->length) == 0;
    return 0;
}

static int refuse_marked(struct reader *r, uint64_t size, struct fault *f)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        bool found;

        if (has_mark(r, size, &marks[i], &found, f) < 0)
            return f->code;
        if (found)
            return fault_set(f, FAULT_UNSUPPORTED,
                             "is a %s image, which is not supported (-f raw reads it as it is)",
                             marks[i].format);
    }
    return 0;
}

int foreign_refuse(struct source *file, struct fault *f)
{
    struct reader *r;
    uint64_t size;
    int code;

    if (source_size(file, &size, f) < 0 || reader_open(file, 1, &r, f) < 0)
        return f->code;
    code = refuse_marked(r, size, f);
    reader_close(r);
    return code;
}
