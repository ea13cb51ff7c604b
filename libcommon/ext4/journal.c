/* SPDX-License-Identifier: MIT */
/* Recovery: which blocks of the file system the journal's log has newer contents of. */
#include "ext4/journal.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"
#include "ext4/jbd2.h"
#include "ext4/map.h"

enum {
    FC_TAG_HEAD = 0x09, /* what a fast commit starts with: fc_tag and fc_len, 2 bytes each, */
    FC_HEAD_TID = 8,    /* fc_features, and the transaction that it follows */
};

struct revoke {
    uint64_t block;
    uint32_t sequence; /* it and those before it must not be written to the block any more */
};

/* A journal that is being read. */
struct log {
    struct ext4 *fs;
    struct jbd2_super super;
    struct ext4_map map; /* the journal inode's */
    uint8_t *block;      /* one block: the control block that is looked at */
    uint8_t *data;       /* one block: content of another */
    struct revoke *revokes;
    size_t revoke_count;
    size_t revoke_room;
    struct ext4_journal *out;
};

/* How far a pass over the log has come. */
struct place {
    uint32_t block;    /* comes next */
    uint32_t sequence; /* of the transaction that it should belong to */
    uint32_t passed;   /* blocks so far */
};

/* Transactions are counted in 32 bits, which wrap. */
static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* Where a block of the journal is on the device; FAULT_DAMAGED for a hole. */
static int locate(const struct log *l, uint32_t block, uint64_t *where, struct fault *f)
{
    uint64_t offset = (uint64_t)block * l->super.blocksize;
    const struct ext4_run *run;
    uint64_t next;

    run = ext4_map_find(&l->map, offset, &next);
    if (!run || !range_within(offset - run->offset, l->super.blocksize, run->length))
        return fault_set(f, FAULT_DAMAGED, "block %u is a hole", block);
    *where = run->where + (offset - run->offset);
    return 0;
}

static int read_at(const struct log *l, uint32_t block, uint8_t *buffer, struct fault *f)
{
    uint64_t where;
    int code = locate(l, block, &where, f);

    return code != 0 ? code : reader_read(l->fs->reader, where, buffer, l->super.blocksize, f);
}

/* Go on by so many blocks.  More than the log has are a circle. */
static int pass(const struct log *l, struct place *p, uint32_t blocks, struct fault *f)
{
    uint32_t length = l->super.last - l->super.first;

    for (; blocks > 0; blocks--) {
        if (++p->passed > length)
            return fault_set(f, FAULT_DAMAGED,
                             "transaction %u: the log leads in a circle of %u blocks", p->sequence,
                             length);
        p->block = jbd2_next(&l->super, p->block);
    }
    return 0;
}

/* The control block at a place, in l->block, and on to what follows it; *type is 0 if there is none
 * of the transaction that is to come. */
static int next_control(const struct log *l, struct place *p, uint32_t *type, struct fault *f)
{
    int code = read_at(l, p->block, l->block, f);

    if (code != 0)
        return code;
    if (!jbd2_block_is(l->block, p->sequence, type)) {
        *type = 0;
        return 0;
    }
    return pass(l, p, 1, f);
}

/* ---- the first pass: where does the log end? ---- */

struct scan {
    struct place place;
    uint64_t committed; /* seconds: the last commit so far */
    uint32_t crc;       /* of the current transaction's blocks, with the older checksums */
    bool doubtful;      /* a checksum was wrong since the last commit */
    bool cut;           /* the transaction `end` is not whole */
    uint32_t end;       /* the first transaction that is not replayed */
};

/* Pass the blocks that a descriptor block describes. */
static int scan_descriptor(const struct log *l, struct scan *s, struct fault *f)
{
    struct jbd2_tags tags = {.super = &l->super, .block = l->block};
    bool sums = l->super.compat & JBD2_COMPAT_CHECKSUM;
    struct jbd2_tag tag;
    int code = 0;

    if (!jbd2_tail_is_right(&l->super, l->block))
        s->doubtful = true;
    if (sums)
        s->crc = crc32_be(s->crc, l->block, l->super.blocksize);
    while (code == 0 && jbd2_tags_next(&tags, &tag)) {
        if (sums) {
            if ((code = read_at(l, s->place.block, l->data, f)) != 0)
                return code;
            s->crc = crc32_be(s->crc, l->data, l->super.blocksize);
        }
        code = pass(l, &s->place, 1, f);
    }
    return code;
}

/*
 * A commit block whose transaction's checksums are wrong.  If it is older than the one before, it
 * is what an earlier use of the log has left, and the log ends here.  If commits may be written
 * before what they commit, this one was interrupted, so it must be the last.  Else it is damage.
 */
static int scan_wrong_commit(const struct log *l, struct scan *s, bool *more, struct fault *f)
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

static int scan_commit(const struct log *l, struct scan *s, bool *more, struct fault *f)
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

static int scan_log(const struct log *l, struct scan *s, struct fault *f)
{
    bool more = true;
    int code = 0;

    while (code == 0 && more) {
        uint32_t type;

        if ((code = next_control(l, &s->place, &type, f)) != 0)
            return code;
        switch (type) {
        case JBD2_DESCRIPTOR_BLOCK:
            code = scan_descriptor(l, s, f);
            break;
        case JBD2_COMMIT_BLOCK:
            code = scan_commit(l, s, &more, f);
            break;
        case JBD2_REVOKE_BLOCK:
            if (!jbd2_tail_is_right(&l->super, l->block))
                s->doubtful = true;
            break;
        default:
            more = false;
        }
    }
    if (!s->cut)
        s->end = s->place.sequence;
    return code;
}

/* ---- the second pass: what is written, and what is not ---- */

static int take_tag(struct log *l, const struct place *p, const struct jbd2_tag *tag,
                    struct fault *f)
{
    struct ext4_journal *j = l->out;
    struct ext4_rewrite *rewrites;
    uint64_t where;
    int code = locate(l, p->block, &where, f);

    if (code != 0)
        return code;
    rewrites = array_grow(j->rewrites, j->count, &j->room, sizeof(*rewrites), "a journal", f);
    if (!rewrites)
        return f->code;
    j->rewrites = rewrites;
    rewrites[j->count] = (struct ext4_rewrite){
        .block = tag->blocknr,
        .where = where,
        .sequence = p->sequence,
        .order = (uint32_t)j->count,
        .checksum = tag->checksum,
        .escaped = tag->flags & JBD2_FLAG_ESCAPE,
    };
    j->count++;
    return 0;
}

static int take_descriptor(struct log *l, struct place *p, struct fault *f)
{
    struct jbd2_tags tags = {.super = &l->super, .block = l->block};
    struct jbd2_tag tag;
    int code = 0;

    while (code == 0 && jbd2_tags_next(&tags, &tag))
        if ((code = take_tag(l, p, &tag, f)) == 0)
            code = pass(l, p, 1, f);
    return code;
}

static int take_revoke(struct log *l, const struct place *p, uint64_t block, struct fault *f)
{
    struct revoke *revokes = array_grow(l->revokes, l->revoke_count, &l->revoke_room,
                                        sizeof(*revokes), "a journal's revokes", f);

    if (!revokes)
        return f->code;
    l->revokes = revokes;
    revokes[l->revoke_count++] = (struct revoke){.block = block, .sequence = p->sequence};
    return 0;
}

static int take_revokes(struct log *l, const struct place *p, struct fault *f)
{
    uint32_t count = 0;
    int code = jbd2_revoke_count(&l->super, l->block, &count, f);

    if (code != 0)
        return fault_prefix(f, "transaction %u", p->sequence);
    for (uint32_t i = 0; i < count && code == 0; i++)
        code = take_revoke(l, p, jbd2_revoke_at(&l->super, l->block, i), f);
    return code;
}

static int take_log(struct log *l, uint32_t end, struct fault *f)
{
    struct place p = {.block = l->super.start, .sequence = l->super.sequence};
    int code = 0;

    while (code == 0 && p.sequence != end) {
        uint32_t type;

        if ((code = next_control(l, &p, &type, f)) != 0)
            return code;
        if (type == JBD2_DESCRIPTOR_BLOCK)
            code = take_descriptor(l, &p, f);
        else if (type == JBD2_REVOKE_BLOCK)
            code = take_revokes(l, &p, f);
        else
            p.sequence++; /* the first pass has seen its commit block here */
    }
    return code;
}

/* ---- what is left in the end ---- */

static int compare_revokes(const void *a, const void *b)
{
    const struct revoke *x = a, *y = b;

    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    if (x->sequence == y->sequence)
        return 0;
    return is_before(x->sequence, y->sequence) ? -1 : 1;
}

/* The revokes in order of their blocks, each block once: its last. */
static void sort_revokes(struct log *l)
{
    size_t kept = 0;

    if (l->revoke_count > 1)
        qsort(l->revokes, l->revoke_count, sizeof(*l->revokes), compare_revokes);
    for (size_t i = 0; i < l->revoke_count; i++) {
        if (kept > 0 && l->revokes[kept - 1].block == l->revokes[i].block)
            kept--;
        l->revokes[kept++] = l->revokes[i];
    }
    l->revoke_count = kept;
}

static int compare_block(const void *key, const void *element)
{
    uint64_t block = *(const uint64_t *)key;
    const struct revoke *r = element;

    return block < r->block ? -1 : block > r->block;
}

static bool is_revoked(const struct log *l, const struct ext4_rewrite *w)
{
    const struct revoke *r = NULL;

    if (l->revoke_count > 0)
        r = bsearch(&w->block, l->revokes, l->revoke_count, sizeof(*r), compare_block);
    return r && !is_before(r->sequence, w->sequence);
}

static int check_data(const struct log *l, const struct ext4_rewrite *w, struct fault *f)
{
    struct jbd2_tag tag = {.blocknr = w->block, .checksum = w->checksum};
    int code;

    if (!jbd2_has_csum_v2or3(&l->super))
        return 0;
    code = reader_read(l->fs->reader, w->where, l->data, l->super.blocksize, f);
    if (code != 0 || jbd2_data_is_right(&l->super, &tag, w->sequence, l->data))
        return code;
    return fault_set(f, FAULT_DAMAGED,
                     "transaction %u: the checksum of what it writes to block %llu is wrong",
                     w->sequence, ull(w->block));
}

/* Drop what was revoked; the rest must be as its checksums say. */
static int drop_revoked(struct log *l, struct fault *f)
{
    struct ext4_journal *j = l->out;
    size_t kept = 0;
    int code;

    sort_revokes(l);
    for (size_t i = 0; i < j->count; i++) {
        if (is_revoked(l, &j->rewrites[i]))
            continue;
        if ((code = check_data(l, &j->rewrites[i], f)) != 0)
            return code;
        j->rewrites[kept++] = j->rewrites[i];
    }
    j->count = kept;
    return 0;
}

static int compare_rewrites(const void *a, const void *b)
{
    const struct ext4_rewrite *x = a, *y = b;

    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* Of each block the last content counts. */
static void sort_rewrites(struct ext4_journal *j)
{
    size_t kept = 0;

    if (j->count > 1)
        qsort(j->rewrites, j->count, sizeof(*j->rewrites), compare_rewrites);
    for (size_t i = 0; i < j->count; i++) {
        if (kept > 0 && j->rewrites[kept - 1].block == j->rewrites[i].block)
            kept--;
        j->rewrites[kept++] = j->rewrites[i];
    }
    j->count = kept;
}

/* ---- the whole ---- */

/* Fast commits follow the transactions of the log, after one block that is not used.  One of an
 * older time is not of the transaction that comes next. */
static int check_fast_commits(const struct log *l, uint32_t end, struct fault *f)
{
    int code;

    if (!(l->super.incompat & JBD2_INCOMPAT_FAST_COMMIT) || l->super.maxlen - l->super.last < 2)
        return 0;
    if ((code = read_at(l, l->super.last + 1, l->block, f)) != 0)
        return code;
    if (le16_at(l->block) != FC_TAG_HEAD || le32_at(l->block + FC_HEAD_TID) != end)
        return 0;
    return fault_set(f, FAULT_UNSUPPORTED,
                     "a fast commit to transaction %u must be replayed (feature fast_commit), "
                     "which is not supported",
                     end);
}

static int open_log(struct log *l, struct fault *f)
{
    struct ext4_inode inode = {0};
    struct ext4 *fs = l->fs;
    uint32_t size = fs->super.block_size;
    int code = ext4_inode_read(fs, fs->super.journal_inum, &inode, f);

    if (code == 0 && (inode.type != EXT4_FILE || inode.links == 0))
        code = fault_set(f, FAULT_DAMAGED, "inode %u is not a file", inode.number);
    if (code == 0)
        code = ext4_map_load(fs, &inode, &l->map, f);
    ext4_inode_free(&inode);
    if (code != 0)
        return code;
    l->super.blocksize = size; /* what the journal's own superblock must agree with */
    if ((code = read_at(l, 0, l->block, f)) != 0)
        return code;
    return jbd2_super_decode(l->block, size, l->map.size / size, &l->super, f);
}

static int read_log(struct log *l, struct fault *f)
{
    struct scan s = {.crc = ~0U};
    int code = open_log(l, f);

    if (code != 0)
        return code;
    l->out->error = l->super.error;
    if (l->super.start == 0)
        return 0;
    s.place = (struct place){.block = l->super.start, .sequence = l->super.sequence};
    if ((code = scan_log(l, &s, f)) != 0 || (code = check_fast_commits(l, s.end, f)) != 0 ||
        (code = take_log(l, s.end, f)) != 0 || (code = drop_revoked(l, f)) != 0)
        return code;
    sort_rewrites(l->out);
    l->out->transactions = s.end - l->super.sequence;
    return 0;
}

int ext4_journal_load(struct ext4 *fs, struct ext4_journal *journal, struct fault *f)
{
    uint32_t size = fs->super.block_size;
    struct log l = {.fs = fs, .out = journal};
    int code;

    journal->count = 0;
    l.block = malloc((size_t)size * 2);
    if (!l.block)
        return fault_memory(f, "blocks of a journal", (size_t)size * 2);
    l.data = l.block + size;
    code = read_log(&l, f);
    ext4_map_free(&l.map);
    free(l.revokes);
    free(l.block);
    return code != 0 ? fault_prefix(f, "journal") : 0;
}

void ext4_journal_free(struct ext4_journal *journal)
{
    free(journal->rewrites);
    *journal = (struct ext4_journal){0};
}
