/* SPDX-License-Identifier: MIT */
/* The rules that -r names: a built-in set, or a file. */
#include "shared/ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engram/rules_builtin.h"
#include "engram/rules_parse.h"
#include "shared/smallfile.h"

static int read_file(struct ruleset *s, const char *path, struct fault *f)
{
    s->path = path;
    /* A set's name mistyped, most likely. */
    if (!strchr(path, '/') && access(path, F_OK) != 0 && errno == ENOENT) {
        fault_set(f, FAULT_SYSTEM,
                  "no built-in rules have this name (" RULES_BUILTIN_NAMES "), and no file");
        return fault_about(f, path);
    }
    if (smallfile_read(path, RULES_BYTES_MAX, &s->bytes, &s->length, f) < 0)
        return f->code;
    s->text = (const char *)s->bytes;
    return 0;
}

int ruleset_open(struct ruleset *s, const char *name, struct fault *f)
{
    s->text = rules_builtin_text(name);
    if (s->text)
        s->length = strlen(s->text);
    else if (read_file(s, name, f) < 0)
        return f->code;
    return rules_parse(s->text, s->length, &s->rules, f) < 0 ? fault_about(f, name) : 0;
}

void ruleset_close(struct ruleset *s)
{
    rules_free(&s->rules);
    free(s->bytes);
    *s = (struct ruleset){0};
}
