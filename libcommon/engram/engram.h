/* SPDX-License-Identifier: MIT */
/* Reads an engram(5): its entries in order or by path, and the data of its files, all verified. */
#ifndef ENGRAM_ENGRAM_H
#define ENGRAM_ENGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/fault.h"
#include "io/sink.h"
#include "io/source.h"
#include "manifest/entry.h"

/*
 * An open engram.  Nothing in it is trusted: what is at fault is FAULT_DAMAGED with the region and
 * its offset, and an unknown version or required feature is FAULT_UNSUPPORTED.  Whatever a function
 * below hands out has been checked against its SHA-256 first.  Memory: 50 bytes per chunk, 120 per
 * block and leaf (with a base more, see engram(5)), one leaf of the index (at most
 * LAYOUT_LEAF_MAX, 256 KiB usually) per walk and one more if that reads ahead, as much again and
 * 16 MiB of paths for engram_find, and ENGRAM_CACHE_BYTES of decoded blocks; and for each thread,
 * the caller's and those of engram_threads, a decoder and one block as it is stored.  One thread at
 * a time.
 */
struct engram;

enum { ENGRAM_CACHE_BYTES = 192 << 20 };

/* What the footer says of the whole. */
struct engram_info {
    uint32_t version;
    uint64_t required; /* feature bits */
    uint64_t optional;
    uint64_t size;       /* of the engram, bytes */
    uint64_t entries;    /* names in the tree */
    uint64_t data_bytes; /* the sum of entry_data_bytes over all entries */
    uint32_t chunks;     /* distinct ones, with those in the base */
    uint32_t own_chunks; /* without them */
    uint32_t blocks;     /* in the engram itself, as leaves and size */
    uint32_t leaves;
    uint8_t tree[SHA256_BYTES]; /* the tree digest, see engram(5) */
};

/* Open and check the header, the footer, the tables and that all regions tile the file.  The source
 * is borrowed and must outlive the engram; a pipe is read to its end. */
int engram_open(struct source *from, struct engram **out, struct fault *f);

/* The same of an engram that may have a base, which the finder (engram/base.h) opens; engram_open
 * refuses such a one.  The finder is needed for this call only. */
struct base_finder;
int engram_open_based(struct source *from, const struct base_finder *finder, struct engram **out,
                      struct fault *f);

/* Let so many threads read, check and decode ahead of a walk that asks for it
 * (engram_walk_read_ahead).  To be called once, if at all; with one thread nothing changes. */
int engram_threads(struct engram *g, unsigned threads, struct fault *f);

/* Valid until the engram is closed. */
const struct engram_info *engram_info(const struct engram *g);

/* NULL is allowed. */
void engram_close(struct engram *g);

/* ---- entries ---- */

/* Chunks `first` to `first + count - 1`. */
struct engram_run {
    uint32_t first;
    uint32_t count;
};

/* One entry and where its data is.  Plain data: start from an all-zero one, use it for any number
 * of calls, then free it. */
struct engram_item {
    struct entry entry;
    uint8_t sha256[SHA256_BYTES]; /* ENTRY_FILE: of its data bytes, runs in order, holes left out:
                                     of a file without holes what sha256sum says */
    struct engram_run *runs;      /* private: the chunks that its data is made of */
    size_t run_count;
    size_t run_room;
};

/* Everything freed; *item is zeroed. */
void engram_item_free(struct engram_item *item);

/* The entry of exactly this path (absolute and clean), *found false if there is none (item's
 * content is then unspecified, but still to be freed).  Decodes a leaf or few of the index.
 * A hard link is found as such. */
int engram_find(struct engram *g, const char *path, struct engram_item *item, bool *found,
                struct fault *f);

/* The file, or device, pipe, socket or symbolic link, that a hard link names as its first name;
 * FAULT_DAMAGED if there is none. */
int engram_find_linked(struct engram *g, const char *link, struct engram_item *item,
                       struct fault *f);

/* A walk over the entry `top` (if there is one) and all below it, in manifest order; "/" is
 * everything.  Several may be under way, and mixed with any other call.  engram is borrowed. */
struct engram_walk;
int engram_walk_open(struct engram *g, const char *top, struct engram_walk **out, struct fault *f);

/*
 * The next entry, or *more false.  Checked, beside its digest and the record's own rules: paths
 * ascend (path_compare), each lies directly below a directory (an ancestor of the entry before, or
 * that entry itself), a hard link's first name comes before it, chunks are in range and add up to
 * the data.  That a hard link's first name exists and is no directory is checked by engram_verify
 * only.
 */
int engram_walk_next(struct engram_walk *w, struct engram_item *item, bool *more, struct fault *f);

/* Pass over what the directory holds that was given last, without reading the index of all of it.
 * After any other entry there is nothing to pass over. */
int engram_walk_skip(struct engram_walk *w, struct fault *f);

/* The data of all, or most, of the entries of this walk will be read as it comes to them: decode
 * blocks as wholes, and load them ahead if there are threads for that.  With threads and without,
 * what is read is the same, and so is what is told of damage and when.  One walk at a time is
 * loaded ahead. */
int engram_walk_read_ahead(struct engram_walk *w, struct fault *f);

/*
 * After engram_walk_next failed with FAULT_DAMAGED: was it a leaf of the index that could not be
 * read at all?  Then *entries are how many it holds, and engram_walk_next goes on behind it;
 * whether a directory is missing for the next entry is not known, and not checked.  Else false: the
 * walk is at its end.
 */
bool engram_walk_pass_over(struct engram_walk *w, uint32_t *entries);

/* NULL is allowed. */
void engram_walk_close(struct engram_walk *w);

/* ---- data: damage to it is told with the entry's path ---- */

/*
 * The data bytes of an ENTRY_FILE to a sink (borrowed, not finished), without its holes: what
 * follows its record in a manifest.  Each chunk is checked against its SHA-256 before any byte of
 * it is given, and the whole against item->sha256 at the end.  Only the blocks that hold the
 * chunks are decoded; and unless a walk reads ahead, each only up to the last chunk that is wanted:
 * damage behind that is not found.
 */
int engram_read_data(struct engram *g, const struct engram_item *item, struct sink *to,
                     struct fault *f);

/* The same with its holes (sink_hole): all item->entry.size bytes of the file. */
int engram_read_file(struct engram *g, const struct engram_item *item, struct sink *to,
                     struct fault *f);

/*
 * `length` bytes from `offset` on, with their holes, of an ENTRY_FILE that has so many (the caller
 * has seen to it).  Only the blocks that hold the chunks with some of these bytes are decoded.
 * Each of these chunks is checked as above; the SHA-256 of the whole file cannot be.
 */
int engram_read_range(struct engram *g, const struct engram_item *item, uint64_t offset,
                      uint64_t length, struct sink *to, struct fault *f);

#endif
