/* SPDX-License-Identifier: MIT */
/* POSIX ACLs: from the form that ext4 stores to the form that getxattr(2) gives. */
#ifndef EXT4_ACL_H
#define EXT4_ACL_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/* *out (of *out_len bytes, to be freed) becomes the version 2 form of a stored ACL (version 1). */
int ext4_acl_convert(const uint8_t *stored, size_t len, uint8_t **out, size_t *out_len,
                     struct fault *f);

#endif
