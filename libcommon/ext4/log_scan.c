/* SPDX-License-Identifier: MIT */
/* The first pass over a journal's log: where does it end? */
#include "base/crc.h"
#include "ext4/log.h"

struct scan {
    struct ext4_log_place place;
    uint64_t committed; /* seconds: the last commit so far */
    uint32_t crc;       /* of the current transaction's blocks, with the older checksums */
    bool doubtful;      /* a checksum was wrong since the last commit */
    bool cut;           /* the transaction `end` is not whole */
    uint32_t end;       /* the first transaction that is not replayed */
};

/* Pass the blocks that a descriptor block describes. */
static int scan_descriptor(const struct ext4_log *l, struct scan *s, struct fault *f)
{
    struct jbd2_tags tags = {.super = &l->super, .block = l->block};
    bool sums = l->super.compat & JBD2_COMPAT_CHECKSUM;
    struct jbd2_tag tag;
    int code;

    if (!jbd2_tail_is_right(&l->super, l->block))
        s->doubtful = true;
    if (sums)
        s->crc = crc32_be(s->crc, l->block, l->super.blocksize);
    while (jbd2_tags_next(&tags, &tag)) {
        if (sums) {
            if ((code = ext4_log_read(l, s->place.block, l->data, f)) != 0)
                return code;
            s->crc = crc32_be(s->crc, l->data, l->super.blocksize);
        }
        ext4_log_pass(l, &s->place);
    }
    return 0;
}

/*
 * A commit block whose transaction's checksums are wrong.  If it is older than the one before, it
 * is what an earlier use of the log has left, and the log ends here.  If commits may be written
 * before what they commit, this one was interrupted, so it must be the last.  Else it is damage.
 */
static int scan_wrong_commit(const struct ext4_log *l, struct scan *s, bool *more, struct fault *f)
{
    *more = false;
    if (jbd2_commit_seconds(l->block) < s->committed)
        return 0;
    if (s->doubtful || !(l->super.incompat & JBD2_INCOMPAT_ASYNC_COMMIT))
        return fault_set(f, FAULT_DAMAGED,
                         "transaction %u: it was committed, but a checksum in it is wrong",
                         s->place.sequence);
    s->cut = true;
    s->end = s->place.sequence;
    *more = true;
    return 0;
}

static int scan_commit(const struct ext4_log *l, struct scan *s, bool *more, struct fault *f)
{
    int code = 0;

    *more = true;
    if (s->cut && !jbd2_has_csum_v2or3(&l->super))
        return fault_set(f, FAULT_DAMAGED,
                         "transaction %u: it was committed, but a checksum in it is wrong", s->end);
    if (s->doubtful || !jbd2_commit_is_right(&l->super, l->block, s->crc))
        code = scan_wrong_commit(l, s, more, f);
    if (code != 0 || !*more)
        return code;
    s->committed = jbd2_commit_seconds(l->block);
    s->crc = ~0U;
    s->place.sequence++;
    return 0;
}

static int scan_block(const struct ext4_log *l, struct scan *s, uint32_t type, bool *more,
                      struct fault *f)
{
    *more = true;
    switch (type) {
    case JBD2_DESCRIPTOR_BLOCK:
        return scan_descriptor(l, s, f);
    case JBD2_COMMIT_BLOCK:
        return scan_commit(l, s, more, f);
    case JBD2_REVOKE_BLOCK:
        if (!jbd2_tail_is_right(&l->super, l->block))
            s->doubtful = true;
        return 0;
    default:
        *more = false;
        return 0;
    }
}

int ext4_log_scan(const struct ext4_log *l, uint32_t *end, struct fault *f)
{
    struct scan s = {.place = ext4_log_start(l), .crc = ~0U};
    bool more = true;
    int code = 0;

    while (code == 0 && more) {
        uint32_t type;

        if ((code = ext4_log_next(l, &s.place, &type, f)) == 0)
            code = scan_block(l, &s, type, &more, f);
    }
    *end = s.cut ? s.end : s.place.sequence;
    return code;
}
