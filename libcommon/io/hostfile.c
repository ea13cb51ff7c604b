/* SPDX-License-Identifier: MIT */
/* A host file (or something that stands in for one) that bytes are read from by offset. */
#include "io/hostfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_by_pread(struct hostfile *h, uint64_t offset, uint8_t *buffer, size_t length,
                         struct fault *f)
{
    while (length) {
        ssize_t n = pread(h->fd, buffer, length, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fault_errno(f, errno, "cannot read %zu bytes at offset %llu", length,
                               (unsigned long long)offset);
        if (n == 0)
            return fault_set(f, FAULT_DAMAGED,
                             "ends at offset %llu, where %zu more bytes should be",
                             (unsigned long long)offset, length);
        buffer += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

int hostfile_read(struct hostfile *h, uint64_t offset, void *buffer, size_t length, struct fault *f)
{
    int code = h->read ? h->read(h, offset, buffer, length, f)
                       : read_by_pread(h, offset, buffer, length, f);

    return code == 0 ? 0 : fault_about(f, h->name);
}

int hostfile_init(struct hostfile *h, int fd, const char *name, struct fault *f)
{
    struct stat st;
    off_t end;

    *h = (struct hostfile){.fd = fd, .name = strdup(name)};
    if (!h->name) {
        fault_memory(f, "a file name", strlen(name));
        goto fail;
    }
    if (fstat(fd, &st) < 0) {
        fault_errno(f, errno, "cannot stat");
        goto fail;
    }
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        fault_set(f, FAULT_USAGE,
                  S_ISDIR(st.st_mode) ? "is a directory, not a file"
                                      : "is neither a regular file nor a block device");
        goto fail;
    }
    end = lseek(fd, 0, SEEK_END); /* unlike st_size, right for block devices too */
    if (end < 0) {
        fault_errno(f, errno, "cannot find its size");
        goto fail;
    }
    h->size = (uint64_t)end;
    h->device = st.st_dev;
    h->inode = st.st_ino;
    return 0;
fail:
    hostfile_release(h);
    return fault_about(f, name);
}

void hostfile_release(struct hostfile *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
    free(h->name);
    h->name = NULL;
}
