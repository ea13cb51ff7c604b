/* SPDX-License-Identifier: MIT */
/* The journal as it is stored (JBD2): its superblock, the blocks of its log, and their checksums.
 */
#include "ext4/jbd2.h"

#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"

const uint8_t jbd2_magic[4] = {0xc0, 0x3b, 0x39, 0x98};

enum {
    HEADER_BYTES = 12,
    TAIL_BYTES = 4, /* the checksum that descriptor and revoke blocks end with */
    UUID_BYTES = 16,
    CHECKSUM_CRC32C = 4,
    SUPER_CHECKSUM = 0xfc,
    DEFAULT_FC_BLOCKS = 256, /* where s_num_fc_blks is 0 */
    MIN_BLOCKS = 1024,       /* of a journal, beside those for fast commits */
    COMMIT_TYPE = 0x0c,      /* h_chksum_type, h_chksum_size: a byte each */
    COMMIT_CRC32 = 1,
    COMMIT_CRC32_BYTES = 4,
    COMMIT_CHECKSUM = 0x10, /* h_chksum[0] */
    COMMIT_SECONDS = 0x30,
    COMMIT_HEADER_BYTES = 0x40, /* struct commit_header with the padding at its end */
    REVOKE_COUNT = 0x0c,        /* r_count: the bytes in use, those of the header included */
    REVOKE_RECORDS = 0x10,
};

static uint32_t read_type(const uint8_t *block)
{
    return be32_at(block + 4);
}

static void decode(const uint8_t *p, struct jbd2_super *s)
{
    *s = (struct jbd2_super){
        .blocksize = be32_at(p + 0x0c),
        .maxlen = be32_at(p + 0x10),
        .first = be32_at(p + 0x14),
        .sequence = be32_at(p + 0x18),
        .start = be32_at(p + 0x1c),
        .error = be32_at(p + 0x20),
    };
    s->last = s->maxlen;
    if (read_type(p) == JBD2_SUPERBLOCK_V1)
        return; /* the fields from here on were not yet thought of */
    s->compat = be32_at(p + 0x24);
    s->incompat = be32_at(p + 0x28);
    s->ro_compat = be32_at(p + 0x2c);
    s->checksum_seed = crc32c(~0U, p + 0x30, UUID_BYTES);
}

/* The checksum covers the superblock with itself as zeros. */
static int check_checksum(const uint8_t *p, struct fault *f)
{
    static const uint8_t zero[4];
    const uint8_t *rest = p + SUPER_CHECKSUM + 4;
    uint32_t stored = be32_at(p + SUPER_CHECKSUM);
    uint32_t crc = crc32c(~0U, p, SUPER_CHECKSUM);

    crc = crc32c(crc, zero, sizeof(zero));
    crc = crc32c(crc, rest, JBD2_SUPERBLOCK_BYTES - SUPER_CHECKSUM - 4);
    if (crc == stored)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "superblock: checksum 0x%08x, computed 0x%08x", stored, crc);
}

static int check_features(const uint8_t *p, const struct jbd2_super *s, struct fault *f)
{
    uint32_t known = JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_64BIT | JBD2_INCOMPAT_ASYNC_COMMIT |
                     JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_FAST_COMMIT;
    unsigned kinds = !!(s->compat & JBD2_COMPAT_CHECKSUM) +
                     !!(s->incompat & JBD2_INCOMPAT_CSUM_V2) +
                     !!(s->incompat & JBD2_INCOMPAT_CSUM_V3);

    if (s->incompat & ~known)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "the incompatible feature bits 0x%x are unknown and not supported",
                         s->incompat & ~known);
    if (s->ro_compat != 0) /* a replay writes */
        return fault_set(f, FAULT_UNSUPPORTED,
                         "the read-only compatible feature bits 0x%x are unknown and not supported",
                         s->ro_compat);
    if (kinds > 1)
        return fault_set(f, FAULT_DAMAGED, "superblock: %u kinds of checksums at once", kinds);
    if (!jbd2_has_csum_v2or3(s))
        return 0;
    if (p[0x50] != CHECKSUM_CRC32C)
        return fault_set(f, FAULT_UNSUPPORTED, "checksums of type %u are not supported", p[0x50]);
    return check_checksum(p, f);
}

/* Where the log is: the journal's end is set aside for fast commits, if it has them. */
static int check_log(const uint8_t *p, struct jbd2_super *s, uint64_t blocks, struct fault *f)
{
    uint32_t fast = 0, most;

    if (s->maxlen > blocks)
        return fault_set(f, FAULT_DAMAGED, "superblock: %u blocks, but the journal has %llu",
                         s->maxlen, (unsigned long long)blocks);
    if (s->maxlen < MIN_BLOCKS)
        return fault_set(f, FAULT_DAMAGED, "superblock: %u blocks, must be at least %d", s->maxlen,
                         MIN_BLOCKS);
    if (s->incompat & JBD2_INCOMPAT_FAST_COMMIT) {
        fast = be32_at(p + 0x54) ? be32_at(p + 0x54) : DEFAULT_FC_BLOCKS;
        if (fast > s->maxlen - MIN_BLOCKS)
            return fault_set(f, FAULT_DAMAGED,
                             "superblock: %u of %u blocks for fast commits leave less than %d for "
                             "the log",
                             fast, s->maxlen, MIN_BLOCKS);
    }
    s->last = s->maxlen - fast;
    most = (uint32_t)min_u64(s->last - 1, s->maxlen - MIN_BLOCKS + 1);
    if (s->first == 0 || s->first > most)
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: the log starts at block %u, must be 1 to %u", s->first, most);
    if (s->start != 0 && (s->start < s->first || s->start >= s->last))
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: its first transaction is at block %u, must be %u to %u",
                         s->start, s->first, s->last - 1);
    return 0;
}

int jbd2_super_decode(const uint8_t *bytes, uint32_t block_size, uint64_t blocks,
                      struct jbd2_super *s, struct fault *f)
{
    uint32_t type = read_type(bytes);
    int code;

    if (memcmp(bytes, jbd2_magic, sizeof(jbd2_magic)) != 0)
        return fault_set(f, FAULT_DAMAGED, "superblock: magic number 0x%08x, not 0x%08x",
                         be32_at(bytes), be32_at(jbd2_magic));
    if (type != JBD2_SUPERBLOCK_V1 && type != JBD2_SUPERBLOCK_V2)
        return fault_set(f, FAULT_DAMAGED, "superblock: type %u, must be %d or %d", type,
                         JBD2_SUPERBLOCK_V1, JBD2_SUPERBLOCK_V2);
    decode(bytes, s);
    if (s->blocksize != block_size)
        return fault_set(f, FAULT_DAMAGED,
                         "superblock: blocks of %u bytes, but the file system's have %u",
                         s->blocksize, block_size);
    if ((code = check_features(bytes, s, f)) != 0)
        return code;
    return check_log(bytes, s, blocks, f);
}

bool jbd2_block_is(const uint8_t *block, uint32_t sequence, uint32_t *type)
{
    *type = read_type(block);
    return memcmp(block, jbd2_magic, sizeof(jbd2_magic)) == 0 && be32_at(block + 8) == sequence;
}

/* The checksum of a block with 4 bytes of it as zeros, `at` bytes into it, where it is stored.
 * Only the first `used` bytes of the block count, what follows is taken for zeros as well. */
static bool checksum_is_right(const struct jbd2_super *s, const uint8_t *block, uint32_t at,
                              uint32_t used)
{
    static const uint8_t zero[64];
    uint32_t crc = crc32c(s->checksum_seed, block, at);

    crc = crc32c(crc, zero, 4);
    crc = crc32c(crc, block + at + 4, used - at - 4);
    for (uint32_t left = s->blocksize - used; left > 0;) {
        uint32_t n = left < sizeof(zero) ? left : (uint32_t)sizeof(zero);

        crc = crc32c(crc, zero, n);
        left -= n;
    }
    return crc == be32_at(block + at);
}

bool jbd2_tail_is_right(const struct jbd2_super *s, const uint8_t *block)
{
    return !jbd2_has_csum_v2or3(s) ||
           checksum_is_right(s, block, s->blocksize - TAIL_BYTES, s->blocksize);
}

/* ---- descriptor blocks ---- */

/* journal_block_tag3_t has 16 bytes; of journal_block_tag_t the last 4, the upper half of the block
 * number, are there with 64-bit numbers only, and csum_v2 adds 2 more. */
static uint32_t tag_bytes(const struct jbd2_super *s)
{
    if (s->incompat & JBD2_INCOMPAT_CSUM_V3)
        return 16;
    return 8 + (s->incompat & JBD2_INCOMPAT_64BIT ? 4 : 0) +
           (s->incompat & JBD2_INCOMPAT_CSUM_V2 ? 2 : 0);
}

static void decode_tag(const struct jbd2_super *s, const uint8_t *p, struct jbd2_tag *tag)
{
    bool v3 = s->incompat & JBD2_INCOMPAT_CSUM_V3;

    tag->blocknr = be32_at(p);
    if (s->incompat & JBD2_INCOMPAT_64BIT)
        tag->blocknr |= (uint64_t)be32_at(p + 8) << 32;
    tag->flags = v3 ? be32_at(p + 4) : be16_at(p + 6);
    tag->checksum = v3 ? be32_at(p + 12) : be16_at(p + 4);
}

bool jbd2_tags_next(struct jbd2_tags *tags, struct jbd2_tag *tag)
{
    const struct jbd2_super *s = tags->super;
    uint32_t end = s->blocksize - (jbd2_has_csum_v2or3(s) ? TAIL_BYTES : 0);

    if (tags->at == 0)
        tags->at = HEADER_BYTES;
    if (tags->ended || tags->at + tag_bytes(s) > end)
        return false;
    decode_tag(s, tags->block + tags->at, tag);
    tags->at += tag_bytes(s) + (tag->flags & JBD2_FLAG_SAME_UUID ? 0 : UUID_BYTES);
    tags->ended = tag->flags & JBD2_FLAG_LAST_TAG;
    return true;
}

bool jbd2_data_is_right(const struct jbd2_super *s, const struct jbd2_tag *tag, uint32_t sequence,
                        const uint8_t *data)
{
    uint8_t number[4] = {(uint8_t)(sequence >> 24), (uint8_t)(sequence >> 16),
                         (uint8_t)(sequence >> 8), (uint8_t)sequence};
    uint32_t crc;

    if (!jbd2_has_csum_v2or3(s))
        return true;
    crc = crc32c(s->checksum_seed, number, sizeof(number));
    crc = crc32c(crc, data, s->blocksize);
    return tag->checksum == (s->incompat & JBD2_INCOMPAT_CSUM_V3 ? crc : crc & 0xffff);
}

/* ---- commit blocks ---- */

uint64_t jbd2_commit_seconds(const uint8_t *block)
{
    return be64_at(block + COMMIT_SECONDS);
}

bool jbd2_commit_is_right(const struct jbd2_super *s, const uint8_t *block, uint32_t crc)
{
    uint32_t stored = be32_at(block + COMMIT_CHECKSUM);
    uint8_t type = block[COMMIT_TYPE], size = block[COMMIT_TYPE + 1];

    if (jbd2_has_csum_v2or3(s))
        return checksum_is_right(s, block, COMMIT_CHECKSUM, s->blocksize) ||
               checksum_is_right(s, block, COMMIT_CHECKSUM, COMMIT_HEADER_BYTES);
    if (!(s->compat & JBD2_COMPAT_CHECKSUM) || (type == 0 && size == 0 && stored == 0))
        return true;
    return type == COMMIT_CRC32 && size == COMMIT_CRC32_BYTES && stored == crc;
}

/* ---- revoke blocks ---- */

static uint32_t revoke_bytes(const struct jbd2_super *s)
{
    return s->incompat & JBD2_INCOMPAT_64BIT ? 8 : 4;
}

int jbd2_revoke_count(const struct jbd2_super *s, const uint8_t *block, uint32_t *count,
                      struct fault *f)
{
    uint32_t used = be32_at(block + REVOKE_COUNT);
    uint32_t most = s->blocksize - (jbd2_has_csum_v2or3(s) ? TAIL_BYTES : 0);

    if (used < REVOKE_RECORDS || used > most)
        return fault_set(f, FAULT_DAMAGED, "a revoke block with %u bytes in use, must be %d to %u",
                         used, REVOKE_RECORDS, most);
    *count = (used - REVOKE_RECORDS) / revoke_bytes(s);
    return 0;
}

uint64_t jbd2_revoke_at(const struct jbd2_super *s, const uint8_t *block, uint32_t i)
{
    const uint8_t *p = block + REVOKE_RECORDS + (size_t)i * revoke_bytes(s);

    return s->incompat & JBD2_INCOMPAT_64BIT ? be64_at(p) : be32_at(p);
}
