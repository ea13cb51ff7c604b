/* SPDX-License-Identifier: MIT */
/* A qcow2 image with its backing files, from the outermost to the last. */
#include "qcow2/chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "qcow2/named.h"
#include "qcow2/snapshot.h"

/* What metadata caches may take together; one image's share is never below the least. */
enum { CACHE_BYTES = 16 << 20, CACHE_BYTES_LEAST = 256 << 10 };

/* Everything that opening a chain needs to know. */
struct opening {
    struct qcow2_chain *chain;
    const struct qcow2_options *options;
    struct qcow2_opener opener;
};

static struct qcow2_layer *last_layer(const struct qcow2_chain *chain)
{
    return chain->layers[chain->count - 1];
}

/* The backing file name of an image, as messages show it. */
static const char *quoted_backing(const struct qcow2_layer *l, char *buffer, size_t size)
{
    text_escape(buffer, size, l->header.backing_file, strlen(l->header.backing_file));
    return buffer;
}

/* ---- one image ---- */

/* Append a layer for an image file, which it owns. */
static int add_layer(struct qcow2_chain *chain, struct source *lower, struct fault *f)
{
    struct qcow2_layer *l = calloc(1, sizeof(*l));

    if (!l) {
        source_close(lower);
        return fault_memory(f, "an image", sizeof(*l));
    }
    l->lower = lower;
    chain->layers[chain->count++] = l;
    return 0;
}

static void close_layer(struct qcow2_layer *l)
{
    reader_close(l->reader);
    source_close(l->external);
    source_close(l->lower);
    free(l->directory);
    free(l);
}

static void tell_of_state(const struct qcow2_layer *l, const struct notices *n)
{
    if (l->header.incompatible_features & QCOW2_INCOMPAT_DIRTY)
        notice(n, NOTICE_INFO, l->lower->name,
               "was not closed properly (dirty bit); it is read as it stands");
    if (l->header.incompatible_features & QCOW2_INCOMPAT_CORRUPT)
        notice(n, NOTICE_WARNING, l->lower->name,
               "is marked as corrupt (corrupt bit); it is read as it stands");
}

/* What the header does not settle: the disk's state that is wanted, and how large the file is that
 * has its data. */
static int read_tables(const struct opening *o, struct qcow2_layer *l, struct reader *r,
                       struct fault *f)
{
    bool outermost = l == o->chain->layers[0];
    uint64_t file_size;

    /* Its tables may be anywhere: of a pipe, all is kept. */
    if (source_size(l->lower, &file_size, f) < 0 ||
        qcow2_header_read(r, file_size, &l->header, f) < 0)
        return f->code;
    if (outermost && o->options->snapshot &&
        qcow2_snapshot_use(r, &l->header, o->options->snapshot, f) < 0)
        return f->code;
    l->size = l->header.size;
    l->table = (struct qcow2_table){.header = &l->header, .reader = r, .data.size = file_size};
    return qcow2_table_check(&l->table, f);
}

/* Which file the outermost image is: that its first byte comes from, if that is one. */
static int identify_outermost(struct qcow2_chain *chain, struct fault *f)
{
    struct qcow2_layer *l = chain->layers[0];
    struct extent e;

    if (l->identified)
        return 0;
    if (source_map(l->lower, 0, 1, &e, f) < 0)
        return f->code;
    l->identified = e.kind == EXTENT_FILE && e.file.host->fd >= 0;
    if (l->identified) {
        l->device = e.file.host->device;
        l->inode = e.file.host->inode;
    }
    return 0;
}

static bool has_image(const struct qcow2_chain *chain, const struct qcow2_found *found)
{
    for (size_t i = 0; i < chain->count; i++) {
        const struct qcow2_layer *l = chain->layers[i];

        if (l->identified && l->device == found->device && l->inode == found->inode)
            return true;
    }
    return false;
}

static int open_data_file(struct opening *o, struct qcow2_layer *l, struct fault *f)
{
    const struct qcow2_wanted wanted = {
        .what = "data file",
        .name = l->header.data_file,
        .image = l->lower->name,
        .directory = l->directory,
    };
    struct qcow2_found found;
    char name[512];

    if (!(l->header.incompatible_features & QCOW2_INCOMPAT_DATA_FILE))
        return 0;
    if (l->header.data_file[0] == '\0')
        return fault_set(f, FAULT_UNSUPPORTED, "has an external data file, but does not name it");
    if (identify_outermost(o->chain, f) < 0 ||
        qcow2_opener_find(&o->opener, &wanted, &found, f) < 0)
        return f->code;
    free(found.directory); /* it names no other file */
    if (has_image(o->chain, &found)) {
        source_close(found.source);
        text_escape(name, sizeof(name), wanted.name, strlen(wanted.name));
        return fault_set(f, FAULT_DAMAGED, "data file \"%s\" is an image of the chain itself",
                         name);
    }
    l->external = found.source;
    l->table.data = (struct qcow2_data){.external = true, .size = found.source->size};
    return 0;
}

/* Read the header of the layer added last, and check its tables.  The cache is let go: how much of
 * it each image may have is known when the chain is. */
static int read_image(struct opening *o, struct fault *f)
{
    struct qcow2_layer *l = last_layer(o->chain);
    struct reader *r;
    int code = reader_open(l->lower, CACHE_BYTES_LEAST, &r, f);

    if (code == 0) {
        code = read_tables(o, l, r, f);
        l->table.reader = NULL;
        reader_close(r);
    }
    if (code == 0)
        code = open_data_file(o, l, f);
    if (code < 0)
        return fault_about(f, l->lower->name);
    tell_of_state(l, o->options->notices);
    return 0;
}

/* ---- its backing file ---- */

/* Append the backing file of the last layer to the chain, as a file whose content is not yet read.
 */
static int add_backing_file(struct opening *o, struct fault *f)
{
    const struct qcow2_layer *from = last_layer(o->chain);
    const struct qcow2_wanted wanted = {
        .what = "backing file",
        .name = from->header.backing_file,
        .image = from->lower->name,
        .directory = from->directory,
    };
    struct qcow2_found found;
    char name[512];

    if (o->chain->count >= QCOW2_CHAIN_MAX)
        return fault_set(f, FAULT_UNSUPPORTED, "the backing chain has more than %d images",
                         QCOW2_CHAIN_MAX);
    if (qcow2_opener_find(&o->opener, &wanted, &found, f) < 0)
        return f->code;
    if (has_image(o->chain, &found)) {
        source_close(found.source);
        fault_set(f, FAULT_DAMAGED, "backing file \"%s\" is already in the chain: it is a loop",
                  quoted_backing(from, name, sizeof(name)));
        goto fail;
    }
    if (add_layer(o->chain, found.source, f) < 0)
        goto fail;
    last_layer(o->chain)->directory = found.directory;
    last_layer(o->chain)->identified = true;
    last_layer(o->chain)->device = found.device;
    last_layer(o->chain)->inode = found.inode;
    return 0;
fail:
    free(found.directory);
    return f->code;
}

/* Is the layer added last, the backing file of `from`, raw? */
static int find_format(const struct opening *o, const struct qcow2_layer *from, bool *raw,
                       struct fault *f)
{
    const char *format = from->header.backing_format;
    uint8_t head[QCOW2_MAGIC_BYTES];
    char quoted[512];
    size_t got;

    *raw = strcmp(format, "raw") == 0;
    if (*raw || strcmp(format, "qcow2") == 0)
        return 0;
    if (format[0] != '\0') {
        text_escape(quoted, sizeof(quoted), format, strlen(format));
        fault_set(f, FAULT_UNSUPPORTED, "backing format \"%s\" is not supported", quoted);
        return fault_about(f, from->lower->name);
    }
    if (source_head(last_layer(o->chain)->lower, head, sizeof(head), &got, f) < 0)
        return f->code;
    *raw = !qcow2_detect(head, got);
    notice(o->options->notices, NOTICE_WARNING, from->lower->name,
           "declares no format for backing file \"%s\": taken for %s by its content",
           quoted_backing(from, quoted, sizeof(quoted)), *raw ? "raw" : "qcow2");
    return 0;
}

static int open_backing(struct opening *o, struct fault *f)
{
    const struct qcow2_layer *from = last_layer(o->chain);
    struct qcow2_layer *backing;

    if (identify_outermost(o->chain, f) < 0)
        return f->code;
    if (add_backing_file(o, f) < 0)
        return fault_about(f, from->lower->name);
    backing = last_layer(o->chain);
    if (find_format(o, from, &backing->raw, f) < 0)
        return fault_about(f, backing->lower->name);
    backing->size = backing->lower->size;
    return backing->raw ? 0 : read_image(o, f);
}

/* ---- the chain ---- */

/* Now that it is known how many images share the memory, each gets its part. */
static int share_cache(struct qcow2_chain *chain, struct fault *f)
{
    size_t share = max_u64(CACHE_BYTES / chain->count, CACHE_BYTES_LEAST);

    for (size_t i = 0; i < chain->count; i++) {
        struct qcow2_layer *l = chain->layers[i];

        if (l->raw)
            continue;
        if (reader_open(l->lower, share, &l->reader, f) < 0)
            return f->code;
        l->table.reader = l->reader;
    }
    return 0;
}

/* Open what the first layer needs, which has been added, and so on. */
static int open_layers(struct opening *o, bool raw, struct fault *f)
{
    struct qcow2_layer *first = o->chain->layers[0];
    int code;

    first->raw = raw;
    if (raw)
        return source_size(first->lower, &first->size, f);
    code = read_image(o, f);
    while (code == 0 && last_layer(o->chain)->header.backing_file[0] != '\0')
        code = open_backing(o, f);
    return code == 0 ? share_cache(o->chain, f) : code;
}

int qcow2_chain_open(struct qcow2_chain *chain, struct source *lower, bool raw, const char *path,
                     const struct qcow2_options *options, struct fault *f)
{
    struct opening o = {
        .chain = chain, .options = options, .opener = {.path = path, .options = options}};
    int code = add_layer(chain, lower, f);

    if (code == 0)
        code = open_layers(&o, raw, f);
    qcow2_opener_close(&o.opener);
    return code;
}

void qcow2_chain_close(struct qcow2_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        close_layer(chain->layers[i]);
}
