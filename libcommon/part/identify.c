/* SPDX-License-Identifier: MIT */
/* Identifiers for the partitions of a plan: the same ones for the same seed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/text.h"
#include "part/plan.h"

/* Twelve hexadecimal digits, a word before them and a NUL. */
enum { PURPOSE_BYTES = 32 };

/* What identifiers are made from: the digest of a seed, however long that is. */
struct key {
    uint8_t bytes[SHA256_BYTES];
};

/* The digest of a key for one purpose: "disk", or "partition N". */
static int derive(const struct key *key, const char *purpose, uint8_t digest[SHA256_BYTES],
                  struct fault *f)
{
    struct sha256 *sha;

    if (sha256_open(&sha, f) < 0)
        return f->code;
    sha256_update(sha, key->bytes, sizeof(key->bytes));
    sha256_update(sha, purpose, strlen(purpose));
    sha256_finish(sha, digest);
    sha256_close(sha);
    return 0;
}

/* A UUID of version 8, whose bits are the maker's (RFC 9562, section 5.8), in the byte order of
 * EFI: the version is in the high half of time_hi_and_version, which is little-endian there. */
static int derive_guid(const struct key *key, const char *purpose, struct guid *g, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];

    if (derive(key, purpose, digest, f) < 0)
        return f->code;
    memcpy(g->bytes, digest, sizeof(g->bytes));
    g->bytes[7] = (g->bytes[7] & 0x0f) | 0x80;
    g->bytes[8] = (g->bytes[8] & 0x3f) | 0x80;
    return 0;
}

/* A disk signature of 0 would say that there is none. */
static int derive_signature(const struct key *key, uint32_t *signature, struct fault *f)
{
    uint8_t digest[SHA256_BYTES];

    if (derive(key, "disk", digest, f) < 0)
        return f->code;
    *signature = le32_at(digest);
    if (*signature == 0)
        *signature = 1;
    return 0;
}

static void describe_wish(FILE *out, const struct part_plan *p, const struct part_wish *w)
{
    char type[GUID_TEXT_BYTES], uuid[GUID_TEXT_BYTES];

    guid_format(&w->type.guid, type);
    guid_format(&w->uuid, uuid);
    if (p->kind == PART_MBR)
        snprintf(type, sizeof(type), "%02x", w->type.byte);
    fprintf(out, "%u %" PRIu64 " %" PRIu64 " %s %s %" PRIx64 " %d ", w->number, w->start, w->size,
            type, uuid, w->attributes, w->bootable);
    text_put_escaped(out, w->name, strlen(w->name));
    fputc('\n', out);
}

/* All that a plan says, as text that is different for plans that are: the seed without a seed. (The
 * identifiers of the disk and of an MBR are no part of it: no other follows from them.) */
static int describe(const struct part_plan *p, char **text, struct fault *f)
{
    size_t length;
    FILE *out = open_memstream(text, &length);

    if (!out)
        return fault_memory(f, "a description", 1);
    fprintf(out, "%s %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 "\n",
            p->kind == PART_GPT ? "gpt" : "mbr", p->sector_size, p->sectors, p->first_lba,
            p->last_lba, p->entry_room);
    for (size_t i = 0; i < p->count; i++)
        describe_wish(out, p, &p->wishes[i]);
    if (fclose(out) == 0)
        return 0;
    free(*text);
    return fault_memory(f, "a description", p->count);
}

static int identify_disk(struct part_plan *p, const struct key *key, struct fault *f)
{
    if (p->has_id)
        return 0;
    p->has_id = true;
    if (p->kind == PART_GPT)
        return derive_guid(key, "disk", &p->disk_guid, f);
    return derive_signature(key, &p->disk_signature, f);
}

static int identify_partitions(struct part_plan *p, const struct key *key, struct fault *f)
{
    char purpose[PURPOSE_BYTES];

    for (size_t i = 0; i < p->count; i++) {
        struct part_wish *w = &p->wishes[i];

        snprintf(purpose, sizeof(purpose), "partition %u", w->number);
        if (!w->has_uuid && derive_guid(key, purpose, &w->uuid, f) < 0)
            return f->code;
        w->has_uuid = true;
    }
    return 0;
}

static int by_uuid(const void *a, const void *b)
{
    const struct part_wish *x = *(const struct part_wish *const *)a;
    const struct part_wish *y = *(const struct part_wish *const *)b;
    int order = memcmp(x->uuid.bytes, y->uuid.bytes, sizeof(x->uuid.bytes));

    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int check_unique(const struct part_plan *p, struct fault *f)
{
    const struct part_wish **sorted = calloc(p->count + 1, sizeof(const struct part_wish *));
    char text[GUID_TEXT_BYTES];
    int code = 0;

    if (!sorted)
        return fault_memory(f, "sorting UUIDs", p->count * sizeof(*sorted));
    for (size_t i = 0; i < p->count; i++)
        sorted[i] = &p->wishes[i];
    qsort(sorted, p->count, sizeof(*sorted), by_uuid);
    for (size_t i = 1; code == 0 && i < p->count; i++)
        if (guid_equal(&sorted[i - 1]->uuid, &sorted[i]->uuid)) {
            guid_format(&sorted[i]->uuid, text);
            code = fault_set(f, FAULT_USAGE, "partitions %u and %u have the same UUID %s",
                             sorted[i - 1]->number, sorted[i]->number, text);
        }
    free(sorted);
    return code;
}

int part_plan_identify(struct part_plan *p, const char *seed, struct fault *f)
{
    char *description = NULL;
    struct key key;
    int code;

    if (!seed && describe(p, &description, f) < 0)
        return f->code;
    if (!seed)
        seed = description;
    sha256_of(seed, strlen(seed), key.bytes);
    free(description);
    code = identify_disk(p, &key, f);
    if (code < 0 || p->kind == PART_MBR)
        return code;
    code = identify_partitions(p, &key, f);
    return code < 0 ? code : check_unique(p, f);
}
