/* SPDX-License-Identifier: MIT */
/* Recovery: which blocks of the file system the journal's log has newer contents of. */
#include "ext4/journal.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- what counts of what the log says of a block: the last ---- */

typedef int comparison(const void *, const void *);

/* The elements, each of which starts with the number of its block, in the order of `compare`: by
 * blocks, and then by what comes first; each block once, its last.  Returns how many are left. */
static size_t keep_last(void *elements, size_t count, size_t size, comparison *compare)
{
    uint8_t *bytes = elements;
    size_t kept = 0;

    if (count > 1)
        qsort(elements, count, size, compare);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && memcmp(bytes + (kept - 1) * size, bytes + i * size, sizeof(uint64_t)) == 0)
            kept--;
        memmove(bytes + kept++ * size, bytes + i * size, size);
    }
    return kept;
}

/* As array_grow.  A log may tell of a block again and again: what needs room is how many blocks
 * they are.  Half of it is free after this, or it would be made again and again as well. */
static void *make_room(void *elements, size_t *count, size_t *room, size_t size,
                       comparison *compare, struct fault *f)
{
    if (*count < *room)
        return elements;
    *count = keep_last(elements, *count, size, compare);
    if (*count < *room / 2)
        return elements;
    return array_grow(elements, *room, room, size, "a journal", f);
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

static int take_revokes(struct recovery *r, const struct ext4_log_place *p, struct fault *f)
{
    struct revoke *revokes;
    uint32_t count = 0;
    int code = jbd2_revoke_count(&r->log->super, r->log->block, &count, f);

    if (code != 0)
        return fault_prefix(f, "transaction %u", p->sequence);
    for (uint32_t i = 0; i < count; i++) {
        revokes = make_room(r->revokes, &r->revoke_count, &r->revoke_room, sizeof(*revokes),
                            compare_revokes, f);
        if (!revokes)
            return f->code;
        r->revokes = revokes;
        revokes[r->revoke_count++] = (struct revoke){
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

static int check_data(const struct recovery *r, const struct ext4_log_place *p,
                      const struct jbd2_tag *tag, uint64_t where, struct fault *f)
{
    int code;

    if (!jbd2_has_csum_v2or3(&r->log->super))
        return 0;
    code = reader_read(r->log->fs->reader, where, r->log->data, r->log->super.blocksize, f);
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
    struct ext4_rewrite *rewrites;
    uint64_t where;
    int code;

    if ((code = ext4_log_locate(r->log, p->block, &where, f)) != 0 ||
        is_revoked(r, tag->blocknr, p->sequence))
        return code;
    if ((code = check_data(r, p, tag, where, f)) != 0)
        return code;
    rewrites = make_room(j->rewrites, &j->count, &j->room, sizeof(*rewrites), compare_rewrites, f);
    if (!rewrites)
        return f->code;
    j->rewrites = rewrites;
    rewrites[j->count++] = (struct ext4_rewrite){
        .block = tag->blocknr,
        .where = where,
        .sequence = p->sequence,
        .order = r->taken++,
        .escaped = tag->flags & JBD2_FLAG_ESCAPE,
    };
    return 0;
}

/* ---- over the log ---- */

/* Pass the blocks that a descriptor block describes; in the third pass, take them. */
static int pass_descriptor(struct recovery *r, struct ext4_log_place *p, bool third,
                           struct fault *f)
{
    struct jbd2_tags tags = {.super = &r->log->super, .block = r->log->block};
    struct jbd2_tag tag;
    int code;

    while (jbd2_tags_next(&tags, &tag)) {
        if (third && (code = take_tag(r, p, &tag, f)) != 0)
            return code;
        ext4_log_pass(r->log, p);
    }
    return 0;
}

/* The transactions before `end`, which the first pass found to be whole, for the second time or the
 * third. */
static int pass_log(struct recovery *r, uint32_t end, bool third, struct fault *f)
{
    struct ext4_log_place p = ext4_log_start(r->log);
    int code = 0;

    while (code == 0 && p.sequence != end) {
        uint32_t type;

        if ((code = ext4_log_next(r->log, &p, &type, f)) != 0)
            return code;
        if (type == JBD2_DESCRIPTOR_BLOCK)
            code = pass_descriptor(r, &p, third, f);
        else if (type != JBD2_REVOKE_BLOCK)
            p.sequence++; /* the first pass has seen its commit block here */
        else if (!third)
            code = take_revokes(r, &p, f);
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
        (code = pass_log(r, end, false, f)) != 0)
        return code;
    r->revoke_count = keep_last(r->revokes, r->revoke_count, sizeof(*r->revokes), compare_revokes);
    if ((code = pass_log(r, end, true, f)) != 0)
        return code;
    r->out->count =
        keep_last(r->out->rewrites, r->out->count, sizeof(*r->out->rewrites), compare_rewrites);
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
