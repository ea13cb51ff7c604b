/* SPDX-License-Identifier: MIT */
/* POSIX ACLs: from the form that ext4 stores to the form that getxattr(2) gives. */
#include "ext4/acl.h"

#include <stdlib.h>

#include "base/bytes.h"

enum {
    STORED_VERSION = 1,
    XATTR_VERSION = 2,
    HEADER_BYTES = 4,
    SHORT_BYTES = 4, /* stored entry: tag, permissions */
    LONG_BYTES = 8,  /* and an id, for a named user or group */
    XATTR_BYTES = 8, /* entry of getxattr(2): always with an id */
};

/* e_tag */
enum {
    TAG_USER_OBJ = 0x01,
    TAG_USER = 0x02,
    TAG_GROUP_OBJ = 0x04,
    TAG_GROUP = 0x08,
    TAG_MASK = 0x10,
    TAG_OTHER = 0x20,
};

static const uint32_t no_id = 0xffffffff;

/* How long a stored entry with this tag is; 0 for an unknown tag. */
static size_t entry_bytes(uint16_t tag)
{
    switch (tag) {
    case TAG_USER:
    case TAG_GROUP:
        return LONG_BYTES;
    case TAG_USER_OBJ:
    case TAG_GROUP_OBJ:
    case TAG_MASK:
    case TAG_OTHER:
        return SHORT_BYTES;
    default:
        return 0;
    }
}

/* Convert entry after entry into to; *used is how many bytes they became. */
static int convert_entries(const uint8_t *from, size_t len, uint8_t *to, size_t *used,
                           struct fault *f)
{
    *used = 0;
    while (len > 0) {
        uint16_t tag = len >= SHORT_BYTES ? le16_at(from) : 0;
        size_t bytes = entry_bytes(tag);

        if (bytes == 0 || bytes > len)
            return fault_set(f, FAULT_DAMAGED, "ACL entry with tag 0x%x, %zu bytes before its end",
                             tag, len);
        put_le16(to + *used, tag);
        put_le16(to + *used + 2, le16_at(from + 2));
        put_le32(to + *used + 4, bytes == LONG_BYTES ? le32_at(from + 4) : no_id);
        *used += XATTR_BYTES;
        from += bytes;
        len -= bytes;
    }
    return 0;
}

int ext4_acl_convert(const uint8_t *stored, size_t len, uint8_t **out, size_t *out_len,
                     struct fault *f)
{
    size_t most = HEADER_BYTES + len / SHORT_BYTES * XATTR_BYTES;
    uint8_t *bytes;
    int code;

    if (len < HEADER_BYTES || le32_at(stored) != STORED_VERSION)
        return fault_set(f, FAULT_DAMAGED, "ACL of %zu bytes is not of version %d", len,
                         STORED_VERSION);
    bytes = malloc(most);
    if (!bytes)
        return fault_memory(f, "an ACL", most);
    put_le32(bytes, XATTR_VERSION);
    code = convert_entries(stored + HEADER_BYTES, len - HEADER_BYTES, bytes + HEADER_BYTES, out_len,
                           f);
    if (code != 0) {
        free(bytes);
        return code;
    }
    *out_len += HEADER_BYTES;
    *out = bytes;
    return 0;
}
