/* SPDX-License-Identifier: MIT */
/* An engram with its base, the base of that, and so on: found, opened and put together. */
#include "engram/base.h"

#include <inttypes.h>
#include <string.h>

/* For the small reads of header and footer; all else is read past the cache. */
enum { READER_CACHE_BYTES = 1 << 18 };

int base_chain_about(const struct base_chain *chain, unsigned level, struct fault *f)
{
    return level == 0 ? f->code : fault_about(f, chain->files[level].source->name);
}

/* Read the tables of the file that comes next; the source is owned, but for the first. */
static int add_file(struct base_chain *chain, struct source *s, struct tables *t, struct fault *f)
{
    struct base_file *file = &chain->files[chain->count++];

    file->source = s;
    if (source_size(s, &file->size, f) < 0 ||
        reader_open(s, READER_CACHE_BYTES, &file->reader, f) < 0 ||
        tables_load(file->reader, file->size, t, f) < 0)
        return base_chain_about(chain, chain->count - 1, f);
    return 0;
}

/* Open the base of the last file. */
static int find_base(const struct base_chain *chain, const struct base_finder *finder,
                     const struct baseref *wanted, struct source **out, struct fault *f)
{
    char name[BASEREF_SHOWN_BYTES];
    struct baseref_seen seen;

    if (!finder)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "it has a base, \"%s\", which is not looked for here",
                         baseref_shown(wanted, name));
    if (chain->count > LAYOUT_BASES_MAX)
        return fault_set(f, FAULT_UNSUPPORTED,
                         "its base \"%s\" would be the %dth of a chain (%d at most)",
                         baseref_shown(wanted, name), LAYOUT_BASES_MAX + 1, LAYOUT_BASES_MAX);
    if (finder->find(finder->context, wanted, out, f) < 0)
        return f->code;
    if (baseref_look(*out, &seen, f) < 0)
        fault_about(f, (*out)->name);
    else if (!baseref_is(wanted, &seen))
        baseref_refuse(wanted, &seen, f);
    else
        return 0;
    source_close(*out);
    return f->code;
}

/* Put what is the bases' into the tables before them, from the last to the first. */
static int put_together(struct base_chain *chain, struct tables *levels, struct fault *f)
{
    for (unsigned i = chain->count - 1; i > 0; i--) {
        if (tables_add_base(&levels[i - 1], &levels[i], f) < 0)
            return base_chain_about(chain, i - 1, f);
        tables_free(&levels[i]);
    }
    return 0;
}

/* Add the base that was found.  What was read of it now is to be what was looked at to find it,
 * also if somebody writes to the file meanwhile. */
static int add_base(struct base_chain *chain, struct source *s, const struct baseref *wanted,
                    struct tables *t, struct fault *f)
{
    if (add_file(chain, s, t, f) < 0)
        return f->code;
    if (memcmp(t->footer.identity, wanted->identity, SHA256_BYTES) == 0)
        return 0;
    fault_set(f, FAULT_DAMAGED, "it was changed while it was being opened");
    return base_chain_about(chain, chain->count - 1, f);
}

int base_chain_open(struct source *top, const struct base_finder *finder, struct base_chain *chain,
                    struct tables *t, struct fault *f)
{
    struct tables levels[1 + LAYOUT_BASES_MAX] = {0};
    struct source *s = top;
    uint32_t blocks = 0;
    int rc = add_file(chain, s, &levels[0], f);

    while (rc == 0 && levels[chain->count - 1].base.name) {
        unsigned last = chain->count - 1;

        rc = find_base(chain, finder, &levels[last].base, &s, f);
        if (rc < 0)
            base_chain_about(chain, last, f);
        else
            rc = add_base(chain, s, &levels[last].base, &levels[last + 1], f);
    }
    for (unsigned i = 0; rc == 0 && i < chain->count; i++) {
        chain->files[i].first_block = blocks;
        blocks += levels[i].footer.blocks;
    }
    if (rc == 0)
        rc = put_together(chain, levels, f);
    *t = levels[0];
    for (unsigned i = 1; i < chain->count; i++)
        tables_free(&levels[i]);
    return rc;
}

void base_chain_close(struct base_chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        reader_close(chain->files[i].reader);
        if (i > 0)
            source_close(chain->files[i].source);
    }
    memset(chain, 0, sizeof(*chain));
}
