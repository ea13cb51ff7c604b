/* SPDX-License-Identifier: MIT */
/* A qcow2 image with its backing files, from the outermost to the last. */
#include "qcow2/chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/text.h"
#include "io/confine.h"

/* What metadata caches may take together; one image's share is never below the least. */
enum { CACHE_BYTES = 16 << 20, CACHE_BYTES_LEAST = 256 << 10 };

static const struct confine_words words = {.what = "backing file", .option = "--backing-dir"};

/* Everything that opening a chain needs to know. */
struct opening {
    struct qcow2_chain *chain;
    const char *path; /* of the outermost image, or NULL */
    const struct qcow2_options *options;
    struct confine *confine; /* NULL until the first backing file */
};

static struct qcow2_layer *last_layer(const struct qcow2_chain *chain)
{
    return chain->layers[chain->count - 1];
}

/* The innermost image's backing file name, as messages show it. */
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
        notice(n, NOTICE_INFO, l->lower->name,
               "is marked as corrupt (corrupt bit); it is read as it stands");
}

static int read_tables(struct qcow2_layer *l, struct reader *r, struct fault *f)
{
    uint64_t file_size;

    /* Its tables may be anywhere: of a pipe, all is kept. */
    if (source_size(l->lower, &file_size, f) < 0 ||
        qcow2_header_read(r, file_size, &l->header, f) < 0)
        return f->code;
    l->table = (struct qcow2_table){.header = &l->header, .reader = r};
    return qcow2_table_check(&l->table, f);
}

/* Read the header of the layer added last, and check its tables.  The cache is let go: how much of
 * it each image may have is known when the chain is. */
static int read_image(struct qcow2_layer *l, const struct notices *notices, struct fault *f)
{
    struct reader *r;
    int code = reader_open(l->lower, CACHE_BYTES_LEAST, &r, f);

    if (code == 0) {
        code = read_tables(l, r, f);
        l->table.reader = NULL;
        reader_close(r);
    }
    if (code < 0)
        return fault_about(f, l->lower->name);
    tell_of_state(l, notices);
    return 0;
}

/* ---- its backing file ---- */

/* As QEMU sees it: something before a colon that comes before any slash. */
static bool names_protocol(const char *name)
{
    return name[strcspn(name, ":/")] == ':';
}

/* What can be said of a backing file before anything is opened. */
static int check_wanted(const struct opening *o, const struct qcow2_layer *from, struct fault *f)
{
    char name[512];

    quoted_backing(from, name, sizeof(name));
    if (o->options->no_backing)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "needs backing file \"%s\", which --no-backing refuses", name);
    if (names_protocol(from->header.backing_file))
        return fault_set(f, FAULT_UNSUPPORTED,
                         "backing file \"%s\" is named with a protocol: only plain files are "
                         "opened",
                         name);
    if (!o->path)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "needs backing file \"%s\", which can be found only if the image is "
                         "given as a file's name",
                         name);
    if (o->chain->count >= QCOW2_CHAIN_MAX)
        return fault_set(f, FAULT_UNSUPPORTED, "the backing chain has more than %d images",
                         QCOW2_CHAIN_MAX);
    return 0;
}

/* The backing file's name for messages: as QEMU would open it. */
static char *path_of_backing(const struct qcow2_layer *from)
{
    const char *image = from->lower->name;
    const char *slash = strrchr(image, '/');
    char *path;

    if (from->header.backing_file[0] == '/' || !slash)
        return strdup(from->header.backing_file);
    return asprintf(&path, "%.*s/%s", (int)(slash - image), image, from->header.backing_file) < 0
               ? NULL
               : path;
}

/* Which file the outermost image is: that its first byte comes from, if that is one. */
static int identify_outermost(struct qcow2_layer *l, struct fault *f)
{
    struct extent e;

    if (source_map(l->lower, 0, 1, &e, f) < 0)
        return f->code;
    l->identified = e.kind == EXTENT_FILE && e.file.host->fd >= 0;
    if (l->identified) {
        l->device = e.file.host->device;
        l->inode = e.file.host->inode;
    }
    return 0;
}

static int identify_backing(const struct qcow2_chain *chain, int fd, struct stat *st,
                            struct fault *f)
{
    char name[512];

    if (fstat(fd, st) < 0)
        return fault_errno(f, errno, "cannot stat the backing file");
    for (size_t i = 0; i < chain->count; i++) {
        const struct qcow2_layer *l = chain->layers[i];

        if (l->identified && l->device == st->st_dev && l->inode == st->st_ino)
            return fault_set(f, FAULT_DAMAGED,
                             "backing file \"%s\" is already in the chain: it is a loop",
                             quoted_backing(last_layer(chain), name, sizeof(name)));
    }
    return 0;
}

/* Append the backing file of the last layer to the chain, as a file whose content is not yet read.
 */
static int add_backing_file(struct opening *o, struct fault *f)
{
    const struct qcow2_layer *from = last_layer(o->chain);
    char *directory = NULL;
    struct source *lower;
    struct stat st;
    char *path;
    int fd;

    if (confine_file(o->confine, from->directory, from->header.backing_file, &words, &fd,
                     &directory, f) < 0)
        return f->code;
    path = path_of_backing(from);
    if (!path)
        fault_memory(f, "a path", strlen(from->header.backing_file));
    if (!path || identify_backing(o->chain, fd, &st, f) < 0) {
        close(fd);
        goto fail;
    }
    if (source_from_fd(fd, path, &lower, f) < 0 || add_layer(o->chain, lower, f) < 0)
        goto fail;
    free(path);
    last_layer(o->chain)->directory = directory;
    last_layer(o->chain)->identified = true;
    last_layer(o->chain)->device = st.st_dev;
    last_layer(o->chain)->inode = st.st_ino;
    return 0;
fail:
    free(path);
    free(directory);
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
    notice(o->options->notices, NOTICE_INFO, from->lower->name,
           "declares no format for backing file \"%s\": taken for %s by its content",
           quoted_backing(from, quoted, sizeof(quoted)), *raw ? "raw" : "qcow2");
    return 0;
}

/* Get ready for backing files, at the first one. */
static int confine_outermost(struct opening *o, struct fault *f)
{
    struct qcow2_layer *first = o->chain->layers[0];

    if (o->confine)
        return 0;
    if (confine_open(o->path, o->options->backing_dirs, o->options->backing_dir_count, &o->confine,
                     f) < 0 ||
        identify_outermost(first, f) < 0)
        return f->code;
    first->directory = strdup(confine_directory(o->confine));
    return first->directory ? 0 : fault_memory(f, "a path", strlen(o->path));
}

static int open_backing(struct opening *o, struct fault *f)
{
    const struct qcow2_layer *from = last_layer(o->chain);
    struct qcow2_layer *backing;

    if (check_wanted(o, from, f) < 0 || confine_outermost(o, f) < 0 || add_backing_file(o, f) < 0)
        return fault_about(f, from->lower->name);
    backing = last_layer(o->chain);
    if (find_format(o, from, &backing->raw, f) < 0)
        return fault_about(f, backing->lower->name);
    return backing->raw ? 0 : read_image(backing, o->options->notices, f);
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

int qcow2_chain_open(struct qcow2_chain *chain, struct source *lower, const char *path,
                     const struct qcow2_options *options, struct fault *f)
{
    struct opening o = {.chain = chain, .path = path, .options = options};
    int code = add_layer(chain, lower, f);

    if (code == 0)
        code = read_image(chain->layers[0], options->notices, f);
    while (code == 0 && last_layer(chain)->header.backing_file[0] != '\0')
        code = open_backing(&o, f);
    confine_close(o.confine);
    return code == 0 ? share_cache(chain, f) : code;
}

void qcow2_chain_close(struct qcow2_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        close_layer(chain->layers[i]);
}
