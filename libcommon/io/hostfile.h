/* SPDX-License-Identifier: MIT */
/* A host file (or something that stands in for one) that bytes are read from by offset. */
#ifndef IO_HOSTFILE_H
#define IO_HOSTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

/*
 * Everything an extent of kind EXTENT_FILE needs to be read.  A hostfile is owned by the source
 * that opened it.  Reading is safe from several threads at once.
 */
struct hostfile {
    /* Read exactly length bytes at offset.  NULL: by pread from fd. */
    int (*read)(struct hostfile *h, uint64_t offset, void *buffer, size_t length, struct fault *f);
    int fd;        /* for splice, io_uring and the like; -1 if there is none to be had */
    char *name;    /* for messages */
    uint64_t size; /* bytes, when it was opened; of a block device too */
    dev_t device;  /* with inode: which file this is, however it was named */
    ino_t inode;
};

/* The one gate for host reads: exactly length bytes, or a fault that names the file.  An end of
 * file before that is FAULT_DAMAGED ("ends at ..."): never zeros. */
int hostfile_read(struct hostfile *h, uint64_t offset, void *buffer, size_t length,
                  struct fault *f);

/* Fill in a hostfile for an open descriptor of a regular file or a block device, which it then
 * owns (also on failure); anything else is FAULT_USAGE. */
int hostfile_init(struct hostfile *h, int fd, const char *name, struct fault *f);

/* Close what it owns. */
void hostfile_release(struct hostfile *h);

#endif
