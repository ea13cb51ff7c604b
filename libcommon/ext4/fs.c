/* SPDX-License-Identifier: MIT */
/* Opening a file system, and what its modules share: blocks and checksums. */
#include "ext4/fs.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc.h"
#include "base/text.h"
#include "ext4/journal.h"
#include "ext4/usage.h"

/* Inode tables are visited in the order of names: enough to hold those of a large directory. */
enum { READER_CACHE_BYTES = 32 << 20 };

/* Clusters of so many blocks are made, mostly of 16. */
enum { LOG_USUAL_RATIO = 10 };

int ext4_lose(struct ext4 *fs, const struct fault *f, const char *consequence)
{
    char path[TEXT_SHOWN_BYTES] = "";

    if (!fs->options.keep_going || (f->code != FAULT_DAMAGED && f->code != FAULT_UNSUPPORTED))
        return f->code;
    if (fs->passing) {
        fs->passed++;
        return 0;
    }
    fs->losses++;
    if (fs->about)
        text_shown(path, fs->about);
    notice(fs->options.notices, NOTICE_LOSS, f->subject, "%s%s%s: %s", path, path[0] ? ": " : "",
           f->text, consequence);
    return 0;
}

/* ---- the superblock ---- */

static int read_super_at(struct ext4 *fs, uint64_t offset, struct fault *f)
{
    uint8_t bytes[EXT4_SUPER_BYTES];
    int code = source_require(fs->device, offset, EXT4_SUPER_BYTES, "the superblock", f);

    if (code == 0)
        code = reader_read(fs->reader, offset, bytes, sizeof(bytes), f);
    if (code == 0)
        code = ext4_super_decode(bytes, !fs->options.no_verify, &fs->super, f);
    return code;
}

bool ext4_detect(struct source *device)
{
    uint8_t bytes[EXT4_SUPER_BYTES];
    struct reader *reader;
    struct fault ignored;
    bool found;

    if (reader_open(device, 1, &reader, &ignored) != 0)
        return false;
    found = reader_read(reader, EXT4_SUPER_OFFSET, bytes, sizeof(bytes), &ignored) == 0 &&
            ext4_super_detect(bytes);
    reader_close(reader);
    return found;
}

/* Is there a copy of the superblock at the start of group 1, if that starts at this block? */
static bool is_backup(struct ext4 *fs, uint64_t block, uint64_t size)
{
    struct fault ignored;

    return read_super_at(fs, block * size, &ignored) == 0 && fs->super.block_size == size &&
           fs->super.block_group_nr == 1 && ext4_group_first_block(&fs->super, 1) == block;
}

/* The first copy of the superblock is in group 1, where that starts with the usual number of blocks
 * in a group: as many clusters as a bitmap of one block can tell of. */
static bool read_backup(struct ext4 *fs, uint64_t *block)
{
    for (unsigned log_size = 0; log_size <= EXT4_MAX_LOG_BLOCK_SIZE; log_size++) {
        uint64_t size = 1024ULL << log_size;

        for (unsigned log_ratio = 0; log_ratio <= LOG_USUAL_RATIO; log_ratio++) {
            /* Superblocks are at byte 1024 of the disk: a block of that size is before the first.
             */
            *block = (8 * size << log_ratio) + (log_size == 0 && log_ratio == 0);
            if (is_backup(fs, *block, size))
                return true;
        }
    }
    return false;
}

static int read_super(struct ext4 *fs, struct fault *f)
{
    int code = read_super_at(fs, EXT4_SUPER_OFFSET, f);
    uint64_t block;

    if (code != FAULT_DAMAGED || !fs->options.keep_going || !read_backup(fs, &block))
        return code;
    fs->from_backup = true;
    if (fs->replayed)
        return 0; /* this has been told before the replay */
    fs->losses++;
    notice(fs->options.notices, NOTICE_LOSS, NULL, "%s: using the backup at block %llu", f->text,
           ull(block));
    return 0;
}

/* ---- how it was left ---- */

/* There is nothing to replay, but how the file system was left is worth a word.  Orphans (inodes
 * that were open when they lost their last name) need none: they are not in the tree. */
static void tell_state(const struct ext4 *fs)
{
    const struct ext4_super *s = &fs->super;

    if (fs->from_backup)
        return; /* which does not say */
    if (s->state & STATE_ERROR)
        notice(fs->options.notices, NOTICE_INFO, NULL,
               "the file system is marked as having errors");
    else if (!(s->state & STATE_VALID) && !(s->incompat & INCOMPAT_RECOVER))
        notice(fs->options.notices, NOTICE_INFO, NULL,
               "the file system was not cleanly unmounted and has no journal to replay");
}

/* A copy of the superblock does not say whether the journal has something to replay. */
static bool may_need_recovery(const struct ext4 *fs)
{
    const struct ext4_super *s = &fs->super;

    return s->incompat & INCOMPAT_RECOVER ||
           (fs->from_backup && s->compat & COMPAT_HAS_JOURNAL && s->journal_inum != 0);
}

/* Are the block bitmaps of the same time as everything else, and all that is read in order? */
static bool bitmaps_count(const struct ext4 *fs)
{
    uint32_t state = fs->super.state;

    return state & STATE_VALID && !(state & STATE_ERROR) && !fs->options.keep_going;
}

/* Can the journal be found at all? */
static int check_journal(const struct ext4_super *s, struct fault *f)
{
    if (!(s->compat & COMPAT_HAS_JOURNAL))
        return fault_set(f, FAULT_DAMAGED,
                         "the journal must be replayed first (feature needs_recovery), but there "
                         "is none (no feature has_journal)");
    if (s->journal_inum == 0)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "the journal must be replayed first (feature needs_recovery), and it is "
                         "on another device, which is not supported (--journal=ignore reads the "
                         "file system as it is)");
    return 0;
}

/* ---- opening ---- */

static void stop(struct ext4 *fs)
{
    ext4_usage_close(fs->usage);
    free(fs->tree);
    reader_close(fs->reader);
    fs->usage = NULL;
    fs->tree = NULL;
    fs->reader = NULL;
    memset(fs->groups, 0, sizeof(fs->groups));
}

/* Get ready to read from a device, which may be a replayed one. */
static int start(struct ext4 *fs, struct source *device, struct fault *f)
{
    uint64_t room;
    int code;

    fs->device = device;
    if ((code = reader_open(device, READER_CACHE_BYTES, &fs->reader, f)) != 0 ||
        (code = read_super(fs, f)) != 0)
        return code;
    code = device->kept ? 0 : ext4_require_whole(fs, f);
    /* What a device lacks is told once, also if it is started with again. */
    if (code != 0 && !(fs->replayed && fs->options.keep_going) &&
        (code = ext4_lose(fs, f, "what lies beyond is left out")) != 0)
        return code;
    fs->claim_limit = fs->super.blocks_count;
    room = fs->super.block_size * (EXT4_TREE_DEPTH + 1ULL);
    fs->tree = malloc(room);
    if (!fs->tree)
        return fault_memory(f, "block buffers", room);
    fs->block = fs->tree + (size_t)fs->super.block_size * EXT4_TREE_DEPTH;
    return 0;
}

/* Read the journal, and then the file system as the journal would have it. */
static int replay(struct ext4 *fs, struct source *device, struct fault *f)
{
    int code = check_journal(&fs->super, f);

    if (code != 0)
        return code;
    fs->journal = calloc(1, sizeof(*fs->journal));
    if (!fs->journal)
        return fault_memory(f, "a journal", sizeof(*fs->journal));
    if ((code = ext4_journal_load(fs, fs->journal, f)) != 0 ||
        (code = ext4_replay_open(device, fs->super.block_size, fs->journal, &fs->replayed, f)) != 0)
        return code;
    if (fs->from_backup && fs->journal->transactions == 0)
        return 0;
    stop(fs);
    if ((code = start(fs, fs->replayed, f)) != 0)
        return code;
    notice(fs->options.notices, NOTICE_INFO, NULL,
           "the journal was replayed in memory: %u transaction%s, %zu block%s",
           fs->journal->transactions, fs->journal->transactions == 1 ? "" : "s", fs->journal->count,
           fs->journal->count == 1 ? "" : "s");
    if (fs->journal->error != 0)
        notice(fs->options.notices, NOTICE_INFO, NULL,
               "the journal was given up because of an error (%u)", fs->journal->error);
    return 0;
}

/* A file system whose journal has something to replay. */
static int recover(struct ext4 *fs, struct source *device, struct fault *f)
{
    int code;

    switch (fs->options.journal) {
    case EXT4_JOURNAL_STRICT:
        return fault_set(f, FAULT_UNSUPPORTED,
                         "the journal %s (feature needs_recovery), which --journal=strict refuses",
                         fs->from_backup ? "may have to be replayed first"
                                         : "must be replayed first");
    case EXT4_JOURNAL_IGNORE:
        notice(fs->options.notices, NOTICE_WARNING, NULL,
               "the journal %s not replayed: the tree may be an old one, or none",
               fs->from_backup ? "may have to be replayed, and is" : "is");
        return 0;
    default:
        code = replay(fs, device, f);
        return code != 0 && fs->device == device ? ext4_lose(fs, f, "it is not replayed") : code;
    }
}

int ext4_open(struct source *device, const struct ext4_options *options, struct ext4 **out,
              struct fault *f)
{
    struct ext4 *fs = calloc(1, sizeof(*fs));
    int code;

    if (!fs)
        return fault_memory(f, "a file system", sizeof(*fs));
    fs->options = *options;
    if ((code = start(fs, device, f)) != 0)
        goto fail;
    if (may_need_recovery(fs))
        code = recover(fs, device, f);
    else if (device->kept && bitmaps_count(fs))
        code = ext4_usage_open(fs, &fs->usage, f);
    if (code != 0)
        goto fail;
    tell_state(fs);
    *out = fs;
    return 0;
fail:
    ext4_close(fs);
    return code;
}

void ext4_close(struct ext4 *fs)
{
    if (!fs)
        return;
    stop(fs);
    source_close(fs->replayed);
    if (fs->journal)
        ext4_journal_free(fs->journal);
    free(fs->journal);
    ext4_table_free(&fs->shared);
    ext4_table_free(&fs->copies);
    free(fs);
}

int ext4_require_whole(struct ext4 *fs, struct fault *f)
{
    uint64_t blocks = fs->super.blocks_count;

    if (fs->usage)
        blocks = ext4_usage_end(fs->usage);
    return source_require(fs->device, 0, blocks * fs->super.block_size, "the file system", f);
}

bool ext4_blocks_valid(const struct ext4 *fs, uint64_t block, uint64_t count)
{
    return block > ext4_super_block(&fs->super) &&
           range_within(block, count, fs->super.blocks_count);
}

int ext4_read_block(struct ext4 *fs, uint64_t block, uint8_t *buffer, struct fault *f)
{
    return reader_read(fs->reader, block * fs->super.block_size, buffer, fs->super.block_size, f);
}

uint32_t ext4_inode_seed(const struct ext4 *fs, uint32_t number, uint32_t generation)
{
    uint8_t bytes[8];

    put_le32(bytes, number);
    put_le32(bytes + 4, generation);
    return crc32c(fs->super.checksum_seed, bytes, sizeof(bytes));
}

int ext4_checksum_compare(uint32_t stored, uint32_t computed, struct fault *f)
{
    if (stored == computed)
        return 0;
    return fault_set(f, FAULT_DAMAGED, "checksum 0x%x, computed 0x%x", stored, computed);
}
