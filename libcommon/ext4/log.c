/* SPDX-License-Identifier: MIT */
/* The journal's log, read block after block. */
#include "ext4/log.h"

#include <stdlib.h>

#include "base/checked.h"
#include "ext4/map.h"

int ext4_log_locate(const struct ext4_log *l, uint32_t block, uint64_t *where, struct fault *f)
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

int ext4_log_read(const struct ext4_log *l, uint32_t block, uint8_t *buffer, struct fault *f)
{
    uint64_t where;
    int code = ext4_log_locate(l, block, &where, f);

    return code != 0 ? code : reader_read(l->fs->reader, where, buffer, l->super.blocksize, f);
}

static int read_super(struct ext4_log *l, struct fault *f)
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
    if ((code = ext4_log_read(l, 0, l->block, f)) != 0)
        return code;
    return jbd2_super_decode(l->block, size, l->map.size / size, &l->super, f);
}

int ext4_log_open(struct ext4 *fs, struct ext4_log *l, struct fault *f)
{
    uint32_t size = fs->super.block_size;

    *l = (struct ext4_log){.fs = fs, .block = malloc((size_t)size * 2)};
    if (!l->block)
        return fault_memory(f, "blocks of a journal", size * 2ULL);
    l->data = l->block + size;
    return read_super(l, f);
}

void ext4_log_close(struct ext4_log *l)
{
    ext4_map_free(&l->map);
    free(l->block);
}

void ext4_log_pass(const struct ext4_log *l, struct ext4_log_place *p)
{
    p->passed++;
    p->block = jbd2_next(&l->super, p->block);
}

int ext4_log_next(const struct ext4_log *l, struct ext4_log_place *p, uint32_t *type,
                  struct fault *f)
{
    uint32_t length = l->super.last - l->super.first;
    int code = ext4_log_read(l, p->block, l->block, f);

    if (code != 0)
        return code;
    if (!jbd2_block_is(l->block, p->sequence, type)) {
        *type = 0;
        return 0;
    }
    if (p->passed >= length)
        return fault_set(f, FAULT_DAMAGED, "transaction %u: the log leads in a circle of %u blocks",
                         p->sequence, length);
    ext4_log_pass(l, p);
    return 0;
}
