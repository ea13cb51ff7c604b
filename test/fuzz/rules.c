/* SPDX-License-Identifier: MIT */
/* Fuzzes the reader of rules files: what it takes is written out plainly and read again, and must
 * be the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engram/frame.h"
#include "engram/rules_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_profile(FILE *out, enum profile p, const struct profile_settings *s)
{
    fprintf(out, "profile %s block=%u", profile_name(p), s->block_bytes);
    if (s->level == FRAME_STORE)
        fprintf(out, " store\n");
    else
        fprintf(out, " level=%d window=%u long=%s\n", s->level, s->window_bytes,
                s->long_matches ? "yes" : "no");
}

static char *write_out(const struct rules *r, size_t *length)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, length);

    if (!out)
        abort();
    fprintf(out, "engram-rules 1\n");
    for (enum profile p = 0; p < PROFILE_COUNT; p++)
        put_profile(out, p, &r->settings[p]);
    for (size_t i = 0; i < r->count; i++)
        fprintf(out, "rule %s %s\n", r->list[i].pattern, profile_name(r->list[i].profile));
    if (fclose(out) != 0)
        abort();
    return text;
}

static void check_settings(const struct profile_settings *s)
{
    bool level = s->level == FRAME_STORE || (s->level >= -7 && s->level <= 22);

    if (!level || s->block_bytes < 1 << 20 || s->block_bytes > 32 << 20 ||
        s->window_bytes < 64 << 10 || s->window_bytes > s->block_bytes ||
        (s->block_bytes & (s->block_bytes - 1)) || (s->window_bytes & (s->window_bytes - 1)))
        abort();
}

static void compare(const struct rules *a, const struct rules *b)
{
    if (a->count != b->count)
        abort();
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->list[i].pattern, b->list[i].pattern) != 0 ||
            a->list[i].profile != b->list[i].profile)
            abort();
    for (enum profile p = 0; p < PROFILE_COUNT; p++) {
        const struct profile_settings *s = &a->settings[p], *t = &b->settings[p];

        check_settings(s);
        if (s->level != t->level || s->block_bytes != t->block_bytes ||
            s->window_bytes != t->window_bytes || s->long_matches != t->long_matches)
            abort();
    }
}

static void check(const struct rules *r)
{
    struct rules again;
    struct fault f;
    size_t length;
    char *text = write_out(r, &length);

    if (rules_parse(text, length, &again, &f) < 0)
        abort();
    compare(r, &again);
    if (rules_profile(r, "/a/b.c") != rules_profile(&again, "/a/b.c"))
        abort();
    rules_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rules r;
    struct fault f;
    unsigned line;
    size_t column;

    if (rules_parse((const char *)data, size, &r, &f) == 0)
        check(&r);
    else if (sscanf(f.text, "line %u, column %zu: ", &line, &column) != 2 || line > size + 1 ||
             column > size + 1)
        abort();
    rules_free(&r);
    return 0;
}
