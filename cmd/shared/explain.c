/* SPDX-License-Identifier: MIT */
/* Which rule decides how each file of a manifest is packed. */
#include "shared/explain.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static void print_json(FILE *out, const char *profile, const struct rule *rule,
                       const struct entry *e)
{
    fprintf(out, "{\"profile\": \"%s\", ", profile);
    if (rule) {
        fprintf(out, "\"line\": %u, \"pattern\": ", rule->line);
        text_put_json(out, rule->pattern, strlen(rule->pattern));
    } else {
        fprintf(out, "\"line\": null, \"pattern\": null");
    }
    fprintf(out, ", \"data\": %" PRIu64 ", \"path\": ", entry_data_bytes(e));
    text_put_json(out, e->path, strlen(e->path));
    fprintf(out, "}\n");
}

static void print_line(FILE *out, const char *profile, const struct rule *rule,
                       const struct entry *e)
{
    fprintf(out, "%s\t", profile);
    if (rule) {
        fprintf(out, "%u:", rule->line);
        text_put_escaped(out, rule->pattern, strlen(rule->pattern));
    } else {
        fputc('-', out);
    }
    fprintf(out, "\t%" PRIu64 "\t", entry_data_bytes(e));
    text_put_escaped(out, e->path, strlen(e->path));
    fputc('\n', out);
}

static int explain_entry(const struct entry *e, const struct rules *rules, bool json,
                         struct product *to, struct fault *f)
{
    const struct rule *rule = rules_match(rules, e->path);
    const char *profile = profile_name(rule ? rule->profile : PROFILE_BALANCED);
    FILE *out = product_text(to, f);

    if (!out)
        return f->code;
    (json ? print_json : print_line)(out, profile, rule, e);
    return product_text_end(to, f);
}

static int explain_entries(struct manifest_reader *m, const struct rules *rules, bool json,
                           struct product *to, struct entry *e, struct fault *f)
{
    bool more;

    for (;;) {
        if (manifest_next(m, e, &more, f) < 0)
            return f->code;
        if (!more)
            return 0;
        if (e->type == ENTRY_FILE && explain_entry(e, rules, json, to, f) < 0)
            return f->code;
    }
}

int explain_manifest(struct manifest_reader *m, const struct rules *rules, bool json,
                     struct product *to, struct fault *f)
{
    struct entry e = {0};
    struct fault ignored;
    int code = explain_entries(m, rules, json, to, &e, f);

    if (code < 0)
        sink_finish(to->sink, &ignored);
    entry_free(&e);
    return code;
}
