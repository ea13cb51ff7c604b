/* SPDX-License-Identifier: MIT */
/* Which name stands for a file whose first name is left out. */
#include "engram/relink.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    const char *first;
    const char *instead; /* owned, in one piece with the pair, as is `first` */
};

static int compare(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;

    return strcmp(left->first, right->first);
}

const char *relink_get(const struct relink *r, const char *first)
{
    struct pair key = {.first = first};
    struct pair *const *found = tfind(&key, &r->root, compare);

    return found ? (*found)->instead : NULL;
}

int relink_put(struct relink *r, const char *first, const char *instead, struct fault *f)
{
    size_t first_bytes = strlen(first) + 1, instead_bytes = strlen(instead) + 1;
    struct pair *pair = malloc(sizeof(*pair) + first_bytes + instead_bytes);
    char *text;

    if (!pair)
        return fault_memory(f, "names of a file", first_bytes + instead_bytes);
    text = (char *)(pair + 1);
    pair->first = memcpy(text, first, first_bytes);
    pair->instead = memcpy(text + first_bytes, instead, instead_bytes);
    if (tsearch(pair, &r->root, compare))
        return 0;
    free(pair);
    return fault_memory(f, "names of a file", first_bytes + instead_bytes);
}

void relink_free(struct relink *r)
{
    tdestroy(r->root, free);
    r->root = NULL;
}
