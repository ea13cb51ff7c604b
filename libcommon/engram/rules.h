/* SPDX-License-Identifier: MIT */
/* Which path is of which profile, and how each profile is compressed: engram-rules(5) in memory. */
#ifndef ENGRAM_RULES_H
#define ENGRAM_RULES_H

#include <stddef.h>

#include "base/fault.h"
#include "engram/profile.h"

struct rule {
    char *pattern; /* as operand_matches takes it; owned */
    enum profile profile;
    unsigned line; /* of the text that it is from, from 1 */
};

/* Plain data, which rules_parse fills.  Once made it is only read: by any thread. */
struct rules {
    struct rule *list; /* in their order */
    size_t count;
    size_t room; /* private: elements allocated */
    struct profile_settings settings[PROFILE_COUNT];
};

/* One more rule, behind the others; the pattern is copied. */
int rules_add(struct rules *r, const char *pattern, size_t length, enum profile profile,
              unsigned line, struct fault *f);

/* The first rule that matches the path, which starts from the root; NULL if none does. */
const struct rule *rules_match(const struct rules *r, const char *path);

/* The profile of that rule; PROFILE_BALANCED if there is none. */
enum profile rules_profile(const struct rules *r, const char *path);

const struct profile_settings *rules_settings(const struct rules *r, enum profile p);

/* Free what it points to. */
void rules_free(struct rules *r);

#endif
