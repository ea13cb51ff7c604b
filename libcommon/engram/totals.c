/* SPDX-License-Identifier: MIT */
/* What an engram's footer says of the whole, checked by whoever goes through all entries. */
#include "engram/totals.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/digest.h"
#include "manifest/writer.h"

struct totals {
    struct record_text record;
    struct sha256 *tree;
    uint32_t seen; /* chunks that some file has had: first met in the order of their numbers */
    uint64_t data_bytes;
};

int totals_open(struct totals **out, struct fault *f)
{
    struct totals *t = calloc(1, sizeof(*t));

    if (!t)
        return fault_memory(f, "totals", sizeof(*t));
    if (sha256_open(&t->tree, f) < 0) {
        free(t);
        return f->code;
    }
    *out = t;
    return 0;
}

static int check_numbering(struct totals *t, const struct engram_item *item, struct fault *f)
{
    for (size_t i = 0; i < item->run_count; i++) {
        const struct engram_run *run = &item->runs[i];

        if (run->first > t->seen)
            return fault_set(f, FAULT_DAMAGED, "chunk %" PRIu32 " is used before chunk %" PRIu32,
                             run->first, t->seen);
        if (run->first + run->count > t->seen)
            t->seen = run->first + run->count;
    }
    return 0;
}

int totals_add(struct totals *t, const struct engram_item *item, struct fault *f)
{
    const struct entry *e = &item->entry;

    t->record.length = 0;
    if (record_append(&t->record, e, f) < 0)
        return f->code;
    sha256_update(t->tree, t->record.bytes, t->record.length);
    if (e->type != ENTRY_FILE)
        return 0;
    sha256_update(t->tree, item->sha256, SHA256_BYTES);
    if (!add_u64(t->data_bytes, entry_data_bytes(e), &t->data_bytes))
        return fault_set(f, FAULT_DAMAGED, "the files have more than 2^64 bytes of data");
    return check_numbering(t, item, f);
}

int totals_check(struct totals *t, const struct engram_info *info, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];

    if (t->seen != info->chunks)
        return fault_set(f, FAULT_DAMAGED, "chunk %" PRIu32 " belongs to no file", t->seen);
    if (t->data_bytes != info->data_bytes)
        return fault_set(f, FAULT_DAMAGED,
                         "footer: %" PRIu64 " bytes of data, but the files have %" PRIu64,
                         info->data_bytes, t->data_bytes);
    sha256_finish(t->tree, digest);
    if (memcmp(digest, info->tree, SHA256_BYTES) != 0)
        return fault_set(f, FAULT_DAMAGED, "footer: the SHA-256 of the tree is wrong");
    return 0;
}

void totals_close(struct totals *t)
{
    if (!t)
        return;
    sha256_close(t->tree);
    record_free(&t->record);
    free(t);
}
