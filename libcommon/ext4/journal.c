/* SPDX-License-Identifier: MIT */
/* Recovery: which blocks of the file system the journal's log has newer contents of. */
#include "ext4/journal.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "ext4/log.h"

enum {
    FC_TAG_HEAD = 0x09, /* what a fast commit starts with: fc_tag and fc_len, 2 bytes each, */
    FC_HEAD_TID = 8,    /* fc_features, and the transaction that it follows */
};

struct revoke {
    uint64_t block;
    uint32_t sequence; /* it and those before it must not be written to the block any more */
};

struct recovery {
    struct ext4_log *log;
    struct revoke *revokes;
    size_t revoke_count;
    size_t revoke_room;
    struct ext4_journal *out;
    uint32_t taken; /* rewrites so far */
};

/* Transactions are counted in 32 bits, which wrap. */
static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* ---- the second pass: what must not be written ---- */

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
static void sort_revokes(struct recovery *r)
{
    size_t kept = 0;

    if (r->revoke_count > 1)
        qsort(r->revokes, r->revoke_count, sizeof(*r->revokes), compare_revokes);
    for (size_t i = 0; i < r->revoke_count; i++) {
        if (kept > 0 && r->revokes[kept - 1].block == r->revokes[i].block)
            kept--;
        r->revokes[kept++] = r->revokes[i];
    }
    r->revoke_count = kept;
}

/* Room for one more revoke.  Blocks may be revoked again and again: what counts is how many they
 * are. Half of the room is free after this, or it would be made again and again as well. */
static int make_revoke_room(struct recovery *r, struct fault *f)
{
    struct revoke *revokes;

    if (r->revoke_count < r->revoke_room)
        return 0;
    sort_revokes(r);
    if (r->revoke_count < r->revoke_room / 2)
        return 0;
    revokes = array_grow(r->revokes, r->revoke_room, &r->revoke_room, sizeof(*revokes),
                         "a journal's revokes", f);
    if (!revokes)
        return f->code;
    r->revokes = revokes;
    return 0;
}

static int take_revokes(struct recovery *r, const struct ext4_log_place *p, struct fault *f)
{
    uint32_t count = 0;
    int code = jbd2_revoke_count(&r->log->super, r->log->block, &count, f);

    if (code != 0)
        return fault_prefix(f, "transaction %u", p->sequence);
    for (uint32_t i = 0; i < count; i++) {
        if (make_revoke_room(r, f) != 0)
            return f->code;
        r->revokes[r->revoke_count++] = (struct revoke){
            .block = jbd2_revoke_at(&r->log->super, r->log->block, i),
            .sequence = p->sequence,
        };
    }
    return 0;
}

static int compare_block(const void *key, const void *element)
{
    uint64_t block = *(const uint64_t *)key;
    const struct revoke *r = element;

    return block < r->block ? -1 : block > r->block;
}

static bool is_revoked(const struct recovery *r, uint64_t block, uint32_t sequence)
{
    const struct revoke *found = NULL;

    if (r->revoke_count > 0)
        found = bsearch(&block, r->revokes, r->revoke_count, sizeof(*found), compare_block);
    return found && !is_before(found->sequence, sequence);
}

/* ---- the third pass: what is written ---- */

static int compare_rewrites(const void *a, const void *b)
{
    const struct ext4_rewrite *x = a, *y = b;

    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* In order of their blocks; of each the last content counts. */
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

/* As for revokes: a log may write a block again and again. */
static int make_rewrite_room(struct ext4_journal *j, struct fault *f)
{
    struct ext4_rewrite *rewrites;

    if (j->count < j->room)
        return 0;
    sort_rewrites(j);
    if (j->count < j->room / 2)
        return 0;
    rewrites = array_grow(j->rewrites, j->room, &j->room, sizeof(*rewrites), "a journal", f);
    if (!rewrites)
        return f->code;
    j->rewrites = rewrites;
    return 0;
}

static int check_data(const struct recovery *r, const struct ext4_log_place *p,
                      const struct jbd2_tag *tag, struct fault *f)
{
    int code;

    if (!jbd2_has_csum_v2or3(&r->log->super))
        return 0;
    code = ext4_log_read(r->log, p->block, r->log->data, f);
    if (code != 0 || jbd2_data_is_right(&r->log->super, tag, p->sequence, r->log->data))
        return code;
    return fault_set(f, FAULT_DAMAGED,
                     "transaction %u: the checksum of what it writes to block %llu is wrong",
                     p->sequence, ull(tag->blocknr));
}

static int take_tag(struct recovery *r, const struct ext4_log_place *p, const struct jbd2_tag *tag,
                    struct fault *f)
{
    struct ext4_journal *j = r->out;
    uint64_t where;
    int code;

    if ((code = ext4_log_locate(r->log, p->block, &where, f)) != 0 ||
        is_revoked(r, tag->blocknr, p->sequence))
        return code;
    if ((code = check_data(r, p, tag, f)) != 0 || (code = make_rewrite_room(j, f)) != 0)
        return code;
    j->rewrites[j->count++] = (struct ext4_rewrite){
        .block = tag->blocknr,
        .where = where,
        .sequence = p->sequence,
        .order = r->taken++,
        .escaped = tag->flags & JBD2_FLAG_ESCAPE,
    };
    return 0;
}

/* ---- over the log ---- */

typedef int take_revoke_block(struct recovery *, const struct ext4_log_place *, struct fault *);
typedef int take_data_block(struct recovery *, const struct ext4_log_place *,
                            const struct jbd2_tag *, struct fault *);

/* Pass the blocks that a descriptor block describes, or take them. */
static int pass_descriptor(struct recovery *r, struct ext4_log_place *p, take_data_block *take,
                           struct fault *f)
{
    struct jbd2_tags tags = {.super = &r->log->super, .block = r->log->block};
    struct jbd2_tag tag;
    int code;

    while (jbd2_tags_next(&tags, &tag)) {
        if (take && (code = take(r, p, &tag, f)) != 0)
            return code;
        ext4_log_pass(r->log, p);
    }
    return 0;
}

/* The transactions before `end`, which the first pass found to be whole, once more. */
static int pass_log(struct recovery *r, uint32_t end, take_revoke_block *take_revoke,
                    take_data_block *take_data, struct fault *f)
{
    struct ext4_log_place p = ext4_log_start(r->log);
    int code = 0;

    while (code == 0 && p.sequence != end) {
        uint32_t type;

        if ((code = ext4_log_next(r->log, &p, &type, f)) != 0)
            return code;
        if (type == JBD2_DESCRIPTOR_BLOCK)
            code = pass_descriptor(r, &p, take_data, f);
        else if (type != JBD2_REVOKE_BLOCK)
            p.sequence++; /* the first pass has seen its commit block here */
        else if (take_revoke)
            code = take_revoke(r, &p, f);
    }
    return code;
}

/* ---- what is left in the end ---- */

/* How many blocks the file system will have: the log may hold a superblock that says so. */
static int find_blocks_count(const struct recovery *r, uint64_t *count, struct fault *f)
{
    const struct ext4 *fs = r->log->fs;
    const struct ext4_journal *j = r->out;
    uint32_t block = ext4_super_block(&fs->super);
    uint8_t bytes[EXT4_SUPER_BYTES];

    *count = fs->super.blocks_count;
    for (size_t i = 0; i < j->count && j->rewrites[i].block <= block; i++) {
        uint64_t where = j->rewrites[i].where + EXT4_SUPER_OFFSET % fs->super.block_size;

        if (j->rewrites[i].block != block)
            continue;
        if (reader_read(fs->reader, where, bytes, sizeof(bytes), f) != 0)
            return f->code;
        *count = max_u64(*count, ext4_super_blocks_count(bytes));
    }
    *count = min_u64(*count, INT64_MAX / fs->super.block_size);
    return 0;
}

static int check_blocks(const struct recovery *r, struct fault *f)
{
    const struct ext4_journal *j = r->out;
    const struct ext4_rewrite *last;
    uint64_t count;
    int code;

    if (j->count == 0)
        return 0;
    last = &j->rewrites[j->count - 1];
    if ((code = find_blocks_count(r, &count, f)) != 0 || last->block < count)
        return code;
    return fault_set(f, FAULT_DAMAGED,
                     "transaction %u: block %llu lies outside the file system (%llu blocks)",
                     last->sequence, ull(last->block), ull(count));
}

/* ---- the whole ---- */

/* Fast commits follow the transactions of the log, after one block that is not used.  One of an
 * older time is not of the transaction that comes next. */
static int check_fast_commits(const struct ext4_log *l, uint32_t end, struct fault *f)
{
    int code;

    if (!(l->super.incompat & JBD2_INCOMPAT_FAST_COMMIT) || l->super.maxlen - l->super.last < 2)
        return 0;
    if ((code = ext4_log_read(l, l->super.last + 1, l->block, f)) != 0)
        return code;
    if (le16_at(l->block) != FC_TAG_HEAD || le32_at(l->block + FC_HEAD_TID) != end)
        return 0;
    return fault_set(
        f, FAULT_UNSUPPORTED,
        "a fast commit to transaction %u may have to be replayed (feature fast_commit), "
        "which is not supported",
        end);
}

static int recover(struct recovery *r, struct fault *f)
{
    const struct ext4_log *l = r->log;
    uint32_t end;
    int code;

    r->out->error = l->super.error;
    if (l->super.start == 0)
        return 0;
    if ((code = ext4_log_scan(l, &end, f)) != 0 || (code = check_fast_commits(l, end, f)) != 0 ||
        (code = pass_log(r, end, take_revokes, NULL, f)) != 0)
        return code;
    sort_revokes(r);
    if ((code = pass_log(r, end, NULL, take_tag, f)) != 0)
        return code;
    sort_rewrites(r->out);
    r->out->transactions = end - l->super.sequence;
    return check_blocks(r, f);
}

int ext4_journal_load(struct ext4 *fs, struct ext4_journal *journal, struct fault *f)
{
    struct ext4_log log;
    struct recovery r = {.log = &log, .out = journal};
    int code = ext4_log_open(fs, &log, f);

    journal->count = 0;
    if (code == 0)
        code = recover(&r, f);
    ext4_log_close(&log);
    free(r.revokes);
    return code != 0 ? fault_prefix(f, "journal") : 0;
}

void ext4_journal_free(struct ext4_journal *journal)
{
    free(journal->rewrites);
    *journal = (struct ext4_journal){0};
}
