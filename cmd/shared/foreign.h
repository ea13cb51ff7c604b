/* SPDX-License-Identifier: MIT */
/* Disk images of other programs, which would pass for raw disks. */
#ifndef CMD_SHARED_FOREIGN_H
#define CMD_SHARED_FOREIGN_H

#include "base/fault.h"
#include "io/source.h"

/* 0 if a file carries no mark of an image format that is not read; else FAULT_UNSUPPORTED, which
 * names the format. */
int foreign_refuse(struct source *file, struct fault *f);

#endif
