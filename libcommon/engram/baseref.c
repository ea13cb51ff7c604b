/* SPDX-License-Identifier: MIT */
/* What an engram says of its base: which engram that is, and which of its chunks are used. */
#include "engram/baseref.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/text.h"
#include "engram/layout.h"
#include "io/reader.h"

/* Offsets in the base section's head; the runs follow it, then the name. */
enum { AT_IDENTITY = 0, AT_SIZE = 32, AT_RUNS = 40, AT_NAME_BYTES = 44 };

/* The name is padded with zeros, so that the chunks' rows lie as they do without a base. */
static uint64_t padded(uint64_t name_bytes)
{
    return (name_bytes + 3) / 4 * 4;
}

static uint64_t section_bytes(uint32_t runs, uint64_t name_bytes)
{
    return LAYOUT_BASE_HEAD + (uint64_t)runs * LAYOUT_BASE_RUN + padded(name_bytes);
}

uint64_t baseref_bytes(const struct baseref *r)
{
    return section_bytes(r->run_count, strlen(r->name));
}

void baseref_put(const struct baseref *r, uint8_t *bytes)
{
    size_t name_bytes = strlen(r->name);
    uint8_t *at = bytes + LAYOUT_BASE_HEAD;

    memcpy(bytes + AT_IDENTITY, r->identity, SHA256_BYTES);
    put_le64(bytes + AT_SIZE, r->size);
    put_le32(bytes + AT_RUNS, r->run_count);
    put_le32(bytes + AT_NAME_BYTES, (uint32_t)name_bytes);
    for (uint32_t i = 0; i < r->run_count; i++, at += LAYOUT_BASE_RUN) {
        put_le32(at, r->runs[i].first);
        put_le32(at + 4, r->runs[i].count);
        put_le32(at + 8, r->runs[i].from);
    }
    memset(at, 0, padded(name_bytes));
    memcpy(at, r->name, name_bytes);
}

/* One component of a path, as a file may be called. */
static bool is_name(const char *name, size_t length)
{
    return length > 0 && length <= BASEREF_NAME_MAX && !memchr(name, '/', length) &&
           !memchr(name, '\0', length) && !(length == 1 && name[0] == '.') &&
           !(length == 2 && name[0] == '.' && name[1] == '.');
}

bool baseref_is_name(const char *name)
{
    return is_name(name, strlen(name));
}

/* The run in order, after the one before it, which it cannot be one with. */
static bool follows(const struct baseref_run *run, const struct baseref_run *before)
{
    uint32_t end = before->first + before->count; /* at most the number of chunks */

    return run->first > end ||
           (run->first == end && run->from != (uint64_t)before->from + before->count);
}

static int get_runs(const uint8_t *at, uint32_t chunks, struct baseref *r, uint64_t *covered,
                    struct fault *f)
{
    *covered = 0;
    for (uint32_t i = 0; i < r->run_count; i++, at += LAYOUT_BASE_RUN) {
        struct baseref_run *run = &r->runs[i];

        run->first = le32_at(at);
        run->count = le32_at(at + 4);
        run->from = le32_at(at + 8);
        if (run->count == 0 || !range_within(run->first, run->count, chunks) ||
            !range_within(run->from, run->count, (uint64_t)1 << 32))
            return fault_set(f, FAULT_DAMAGED,
                             "tables: base run %" PRIu32 " (%" PRIu32 ", %" PRIu32 ", %" PRIu32
                             ") is out of range of %" PRIu32 " chunks",
                             i, run->first, run->count, run->from, chunks);
        if (i > 0 && !follows(run, run - 1))
            return fault_set(f, FAULT_DAMAGED,
                             "tables: base runs %" PRIu32 " and %" PRIu32
                             " are out of order, overlap or are one",
                             i - 1, i);
        *covered += run->count;
    }
    return 0;
}

static int get_name(const uint8_t *at, uint32_t length, struct baseref *r, struct fault *f)
{
    if (!is_name((const char *)at, length))
        return fault_set(f, FAULT_DAMAGED,
                         "tables: the base's name of %" PRIu32 " bytes is no file's name", length);
    for (uint64_t i = length; i < padded(length); i++)
        if (at[i] != 0)
            return fault_set(f, FAULT_DAMAGED, "tables: the base's name is not padded with zeros");
    r->name = strndup((const char *)at, length);
    return r->name ? 0 : fault_memory(f, "a name", length);
}

int baseref_get(const uint8_t *bytes, uint32_t length, uint32_t chunks, struct baseref *r,
                uint64_t *covered, struct fault *f)
{
    uint32_t name_bytes;

    memset(r, 0, sizeof(*r));
    if (length < LAYOUT_BASE_HEAD)
        return fault_set(f, FAULT_DAMAGED, "tables: the base section has only %" PRIu32 " bytes",
                         length);
    memcpy(r->identity, bytes + AT_IDENTITY, SHA256_BYTES);
    r->size = le64_at(bytes + AT_SIZE);
    r->run_count = le32_at(bytes + AT_RUNS);
    name_bytes = le32_at(bytes + AT_NAME_BYTES);
    if (section_bytes(r->run_count, name_bytes) != length)
        return fault_set(f, FAULT_DAMAGED,
                         "tables: %" PRIu32 " base runs and a name of %" PRIu32
                         " bytes do not fill a base section of %" PRIu32 " bytes",
                         r->run_count, name_bytes, length);
    r->runs = calloc(r->run_count ? r->run_count : 1, sizeof(*r->runs));
    if (!r->runs)
        return fault_memory(f, "the base's runs", r->run_count * sizeof(*r->runs));
    if (get_name(bytes + LAYOUT_BASE_HEAD + (size_t)r->run_count * LAYOUT_BASE_RUN, name_bytes, r,
                 f) < 0)
        return f->code;
    return get_runs(bytes + LAYOUT_BASE_HEAD, chunks, r, covered, f);
}

void baseref_free_runs(struct baseref *r)
{
    free(r->runs);
    r->runs = NULL;
    r->run_count = 0;
}

void baseref_free(struct baseref *r)
{
    baseref_free_runs(r);
    free(r->name);
    memset(r, 0, sizeof(*r));
}

const char *baseref_shown(const struct baseref *r, char *buffer)
{
    text_escape(buffer, BASEREF_SHOWN_BYTES, r->name, strlen(r->name));
    return buffer;
}

/* ---- a file that may be the base ---- */

int baseref_look(struct source *s, struct baseref_seen *seen, struct fault *f)
{
    uint8_t end[LAYOUT_FOOTER_BYTES];
    const uint8_t *identity;
    struct reader *r = NULL;
    int rc;

    memset(seen, 0, sizeof(*seen));
    if (source_size(s, &seen->size, f) < 0)
        return f->code;
    if (seen->size < sizeof(end))
        return 0;
    rc = reader_open(s, READER_LINE_BYTES, &r, f);
    if (rc == 0)
        rc = reader_read(r, seen->size - sizeof(end), end, sizeof(end), f);
    reader_close(r);
    if (rc < 0)
        return rc;
    identity = layout_identity(end);
    seen->is_engram = identity != NULL;
    if (identity)
        memcpy(seen->identity, identity, SHA256_BYTES);
    return 0;
}

bool baseref_is(const struct baseref *r, const struct baseref_seen *seen)
{
    return seen->is_engram && seen->size == r->size &&
           memcmp(seen->identity, r->identity, SHA256_BYTES) == 0;
}

int baseref_refuse(const struct baseref *r, const struct baseref_seen *seen, struct fault *f)
{
    char name[BASEREF_SHOWN_BYTES], has[SHA256_HEX_BYTES], wanted[SHA256_HEX_BYTES], size[80] = "";

    if (seen->size != r->size)
        snprintf(size, sizeof(size), ", and it has %" PRIu64 " bytes, not %" PRIu64, seen->size,
                 r->size);
    baseref_shown(r, name);
    if (!seen->is_engram)
        return fault_set(f, FAULT_DAMAGED,
                         "base \"%s\" is not the one this engram was packed against: it does not "
                         "end as an engram does%s",
                         name, size);
    sha256_hex(seen->identity, has);
    sha256_hex(r->identity, wanted);
    return fault_set(f, FAULT_DAMAGED,
                     "base \"%s\" is not the one this engram was packed against: its digest is "
                     "%s, not %s%s",
                     name, has, wanted, size);
}
