/* SPDX-License-Identifier: MIT */
/* Which path is of which profile, and how each profile is compressed: engram-rules(5) in memory. */
#include "engram/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/operand.h"

int rules_add(struct rules *r, const char *pattern, size_t length, enum profile profile,
              unsigned line, struct fault *f)
{
    struct rule *list = array_grow(r->list, r->count, &r->room, sizeof(*list), "the rules", f);
    char *copy;

    if (!list)
        return f->code;
    r->list = list;
    copy = strndup(pattern, length);
    if (!copy)
        return fault_memory(f, "a pattern", length + 1);
    list[r->count++] = (struct rule){copy, profile, line};
    return 0;
}

const struct rule *rules_match(const struct rules *r, const char *path)
{
    for (size_t i = 0; i < r->count; i++) {
        if (operand_matches(r->list[i].pattern, path))
            return &r->list[i];
    }
    return NULL;
}

enum profile rules_profile(const struct rules *r, const char *path)
{
    const struct rule *rule = rules_match(r, path);

    return rule ? rule->profile : PROFILE_BALANCED;
}

const struct profile_settings *rules_settings(const struct rules *r, enum profile p)
{
    return &r->settings[p];
}

void rules_free(struct rules *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->list[i].pattern);
    free(r->list);
    *r = (struct rules){0};
}
