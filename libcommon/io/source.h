/* SPDX-License-Identifier: MIT */
/* The source: a range of bytes that can say where they come from.  Every layer is one. */
#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/hostfile.h"

struct source;

enum extent_kind {
    EXTENT_HOLE,   /* reads as zeros */
    EXTENT_FILE,   /* these bytes of that host file */
    EXTENT_PACKED, /* a piece of what a compressed cluster unpacks to */
    EXTENT_MEMORY, /* these bytes in memory */
};

enum codec {
    CODEC_DEFLATE, /* raw deflate (RFC 1951) */
    CODEC_ZSTD,    /* one zstd frame or more (RFC 8878) */
};

/* Where the first `length` bytes of an asked range come from. */
struct extent {
    enum extent_kind kind;
    uint64_t length; /* bytes, 1 to what was asked for */
    union {
        struct {
            struct hostfile *host;
            uint64_t offset; /* bytes into host */
        } file;
        struct {
            struct source *below; /* holds the packed bytes */
            uint64_t offset;      /* where they start in it */
            uint32_t packed_max;  /* bytes that may belong to them; what follows the end of the
                                     compressed stream is padding */
            uint32_t unpacked;    /* exactly what they must unpack to, bytes */
            uint32_t skip;        /* the extent starts this far into that */
            enum codec codec;
        } packed;
        const uint8_t *memory; /* valid while the source is open */
    };
};

/* What of a source somebody will ask for. */
struct source_filter {
    /*
     * Will any of the bytes from `offset` on be asked for?  *run is for how many of them (1 to
     * length) the answer holds.  All bytes before offset can be mapped meanwhile, none after it.
     */
    bool (*wanted)(void *context, uint64_t offset, uint64_t length, uint64_t *run);
    void *context;
};

/* A source's kind fills this in.  Formats and kinds implement it; everybody else calls the
 * functions below, which check the arguments and the answers. */
struct source_ops {
    /* Answer for a prefix of [offset, offset + length), which lies within the source and is not
     * empty.  Adjacent answers need not be merged, but should be where it is cheap. */
    int (*map)(struct source *s, uint64_t offset, uint64_t length, struct extent *out,
               struct fault *f);
    /* Only for sources whose bytes come as they are asked for, and that may learn their size on the
     * way (s->size is then SIZE_UNKNOWN): see to it that bytes up to `end` can be mapped; on
     * success s->size may have become known, and is below `end` only if it has.  Once a filter
     * wants no more, nothing more comes: mapping says so.  NULL otherwise. */
    int (*advance)(struct source *s, uint64_t end, struct fault *f);
    /* See source_keep_only.  NULL where bytes are not kept. */
    void (*keep_only)(struct source *s, const struct source_filter *filter);
    /* Free the source and what it owns. */
    void (*close)(struct source *s);
};

#define SIZE_UNKNOWN UINT64_MAX

/*
 * The head of every source; a kind embeds it as its first member.  A source and those it owns are
 * used by one thread at a time; the extents it answers with may be read by any, and stay valid
 * until it is closed.
 */
struct source {
    const struct source_ops *ops;
    const char *name; /* for messages: the file's; owned by the source */
    uint64_t size;    /* bytes, or SIZE_UNKNOWN for a pipe that is not yet read to its end */
    bool kept; /* bytes come as they are asked for, and are kept: a pipe, or what is over it */
};

/* Where bytes come from: see struct extent.  A range that is not within the source, or that the
 * input cannot back, is FAULT_DAMAGED with the numbers. */
int source_map(struct source *s, uint64_t offset, uint64_t length, struct extent *out,
               struct fault *f);

/* 0 if the source has bytes up to offset + length, else FAULT_DAMAGED "WHAT needs bytes O to E, but
 * the input ends at N".  Reads a pipe that far, and no further. */
int source_require(struct source *s, uint64_t offset, uint64_t length, const char *what,
                   struct fault *f);

/* How long it is; reads a pipe to its end to find out, which must not have been closed early. */
int source_size(struct source *s, uint64_t *size, struct fault *f);

/* The first bytes, for telling formats apart: up to length into buffer, *got is how many there are.
 * Of a pipe no more than these are read. */
int source_head(struct source *s, void *buffer, size_t length, size_t *got, struct fault *f);

/*
 * For a source that keeps what it reads: from here on bytes that the filter (borrowed; NULL: none)
 * does not want need not be kept, and once it wants no more the input is closed.  Such bytes
 * cannot be mapped any more: that is FAULT_DAMAGED, never zeros.  Where all bytes are at hand the
 * filter is not asked.
 */
void source_keep_only(struct source *s, const struct source_filter *filter);

/* NULL is allowed. */
void source_close(struct source *s);

/* ---- the kinds ---- */

/* Standard input under the name "standard input": a file source if it can seek, else a pipe's. */
int source_open_stdin(struct source **out, struct fault *f);

/* What a user names: a file source for a regular file or a block device, a pipe's for a fifo, a
 * socket or a character device. */
int source_open_path(const char *path, struct source **out, struct fault *f);

/* A regular file or a block device by its descriptor, which the source then owns, also on failure;
 * holes are found with SEEK_DATA. */
int source_from_fd(int fd, const char *name, struct source **out, struct fault *f);

/*
 * A pipe (or any descriptor that cannot seek), read only as far as it is asked about and kept in an
 * unlinked temporary file ($TMPDIR, else /var/tmp) with its zeros left as holes.  The descriptor
 * is owned.  Its size is SIZE_UNKNOWN until its end was met.
 */
int source_from_pipe(int fd, const char *name, struct source **out, struct fault *f);

/*
 * Read on from a pipe source without keeping: the bytes [*offset, *offset + length) that follow
 * what was kept, into buffer; *got is below length only at the end.  After the first call
 * nothing new can be mapped.  *offset must be where the kept part, or the last call, ended.
 */
int source_pipe_drain(struct source *s, uint64_t offset, void *buffer, size_t length, size_t *got,
                      struct fault *f);

/* How far a pipe source was read, and kept but for what a filter did not want; 0 for other kinds,
 * whose bytes are all at hand. */
bool source_is_pipe(const struct source *s);
uint64_t source_pipe_kept(const struct source *s);

/* Bytes in memory, which must outlive the source; the name is copied. */
int source_from_memory(const void *data, size_t len, const char *name, struct source **out,
                       struct fault *f);

/* length bytes from start of another source, which is owned (also on failure).  Bounds are checked
 * when it is mapped, so that a slice of a pipe costs nothing to make; of the pipe, what is outside
 * the slice and still to come is not kept. */
int source_slice(struct source *below, uint64_t start, uint64_t length, struct source **out,
                 struct fault *f);

/* The same of a source that is borrowed, and has uses of its own: of a pipe all is kept. */
int source_slice_borrowed(struct source *below, uint64_t start, uint64_t length,
                          struct source **out, struct fault *f);

/* For tests: a source whose reads fail as planned.  below is owned (also on failure). */
enum faulty_kind {
    FAULTY_ERROR, /* reads that touch the byte at `offset` fail with EIO */
    FAULTY_SHORT, /* the input ends at `offset` */
};
int source_faulty(struct source *below, enum faulty_kind kind, uint64_t offset, struct source **out,
                  struct fault *f);

#endif
