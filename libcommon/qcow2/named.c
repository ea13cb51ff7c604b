/* SPDX-License-Identifier: MIT */
/* The host files that images name: backing files and data files, opened only where they may lie. */
#include "qcow2/named.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* As QEMU sees it: something before a colon that comes before any slash. */
static bool names_protocol(const char *name)
{
    return name[strcspn(name, ":/")] == ':';
}

/* What can be said of a file before anything is opened. */
static int check_wanted(const struct qcow2_opener *o, const struct qcow2_wanted *w, struct fault *f)
{
    char name[512];

    text_escape(name, sizeof(name), w->name, strlen(w->name));
    if (o->options->no_backing)
        return fault_set(f, FAULT_UNSUPPORTED, "needs %s \"%s\", which --no-backing refuses",
                         w->what, name);
    if (names_protocol(w->name))
        return fault_set(f, FAULT_UNSUPPORTED,
                         "%s \"%s\" is named with a protocol: only plain files are opened", w->what,
                         name);
    if (!o->path)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "needs %s \"%s\", which can be found only if the image is given as a "
                         "file's name",
                         w->what, name);
    return 0;
}

/* The file's name for messages: as QEMU would open a backing file. */
static char *path_for_messages(const struct qcow2_wanted *w)
{
    const char *slash = strrchr(w->image, '/');
    char *path;

    if (w->name[0] == '/' || !slash)
        return strdup(w->name);
    return asprintf(&path, "%.*s/%s", (int)(slash - w->image), w->image, w->name) < 0 ? NULL : path;
}

static int make_source(int fd, const struct qcow2_wanted *w, struct qcow2_found *out,
                       struct fault *f)
{
    char *path = path_for_messages(w);
    struct stat st;
    int code;

    if (!path || fstat(fd, &st) < 0) {
        code = path ? fault_errno(f, errno, "cannot stat the %s", w->what)
                    : fault_memory(f, "a path", strlen(w->name));
        close(fd);
    } else {
        out->device = st.st_dev;
        out->inode = st.st_ino;
        code = source_from_fd(fd, path, &out->source, f);
    }
    free(path);
    return code;
}

int qcow2_opener_find(struct qcow2_opener *o, const struct qcow2_wanted *w, struct qcow2_found *out,
                      struct fault *f)
{
    const struct confine_words words = {
        .what = w->what, .from = "image", .option = "--backing-dir"};
    const char *from;
    int fd;

    *out = (struct qcow2_found){0};
    if (check_wanted(o, w, f) < 0)
        return f->code;
    if (!o->confine && confine_open(o->path, o->options->backing_dirs,
                                    o->options->backing_dir_count, &o->confine, f) < 0)
        return f->code;
    from = w->directory ? w->directory : confine_directory(o->confine);
    if (confine_file(o->confine, from, w->name, &words, &fd, &out->directory, f) < 0)
        return f->code;
    if (make_source(fd, w, out, f) < 0) {
        free(out->directory);
        *out = (struct qcow2_found){0};
        return f->code;
    }
    return 0;
}

void qcow2_opener_close(struct qcow2_opener *o)
{
    confine_close(o->confine);
    o->confine = NULL;
}
