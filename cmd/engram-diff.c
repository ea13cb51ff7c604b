/* SPDX-License-Identifier: MIT */
/* engram-diff: in what the trees of two engrams differ. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cli.h"
#include "base/text.h"
#include "engram/diff.h"
#include "engram/pathspec.h"
#include "engram/showdiff.h"
#include "shared/engramfile.h"

enum { KEY_IGNORE = CLI_LONG_ONLY, KEY_SUMMARY };

static const struct cli_option options[] = {
    ENGRAMFILE_OPTIONS,
    {KEY_IGNORE, "ignore", "FIELDS", "do not compare these (mtime,uid,...; repeatable)"},
    {KEY_SUMMARY, "summary", NULL, "print only how many names differ, and how much data they have"},
    CLI_OPTION_NULL,
    {CLI_KEY_JSON, "json", NULL, "print one JSON object to a line"},
    {'q', "quiet", NULL, "print nothing: the exit status tells"},
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-diff",
    .operands = "A B [PATH...]",
    .summary = "show in what the trees of two engrams differ",
    .options = options,
};

/* Status 1: the trees differ; diff(1) has it so as well. */
enum { DIFFERENT = 1 };

struct opts {
    struct engramfile_options file;
    bool null;
    bool json;
    bool summary;
    unsigned ignore;
};

static void take_ignored(const struct cli *cli, const char *list, unsigned *set)
{
    char known[256] = "";
    size_t used = 0;

    if (fields_parse(list, set))
        return;
    for (enum field field = FIELD_TYPE + 1; field < FIELD_COUNT; field++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
                                 fields_name(field));
    cli_usage(cli, "option '--ignore' takes some of %s; not '%s'", known, list);
}

static void check_operands(const struct cli *cli)
{
    if (cli_operands(cli) < 2)
        cli_usage(cli, "two engrams are needed: A and B");
    if (strcmp(cli_operand(cli, 0), "-") == 0 && strcmp(cli_operand(cli, 1), "-") == 0)
        cli_usage(cli, "only one of A and B can be standard input");
    for (int i = 2; i < cli_operands(cli); i++)
        if (cli_operand(cli, i)[0] == '\0')
            cli_usage(cli, "an empty PATH: the root is /");
}

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        switch (key) {
        case KEY_IGNORE:
            take_ignored(cli, value, &o->ignore);
            break;
        case KEY_SUMMARY:
            o->summary = true;
            break;
        case '0':
            o->null = true;
            break;
        case CLI_KEY_JSON:
            o->json = true;
            break;
        default:
            engramfile_option(&o->file, cli, key, value);
            break;
        }
    }
    if (cli->quiet + o->null + (o->json || o->summary) > 1)
        cli_usage(cli, "of '--quiet', '--null' and '--json' or '--summary' only one can be given");
    check_operands(cli);
}

/* Names of one kind of change, and the data of those that are files. */
struct sum {
    uint64_t names;
    uint64_t bytes;
};

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    bool quiet;
    bool differ;
    bool missing; /* a PATH */
    struct source *sources[2];
    struct engram_diff diff;
    struct sum added, removed, changed;
};

static void count(struct sum *sum, const struct entry *e, bool with_data)
{
    sum->names++;
    if (with_data && e->type == ENTRY_FILE &&
        !add_u64(sum->bytes, entry_data_bytes(e), &sum->bytes))
        sum->bytes = UINT64_MAX; /* the files of a part, which nobody has checked to add up */
}

static void count_one(struct run *r, const struct engram_difference *d)
{
    const unsigned data = FIELD_BIT(FIELD_TYPE) | FIELD_BIT(FIELD_CONTENT) | FIELD_BIT(FIELD_SIZE) |
                          FIELD_BIT(FIELD_EXTENT);

    if (d->change == CHANGE_ADDED)
        count(&r->added, &d->b.name->entry, true);
    else if (d->change == CHANGE_REMOVED)
        count(&r->removed, &d->a.name->entry, true);
    else
        count(&r->changed, &d->b.name->entry, d->fields & data);
}

static int tell(void *context, const struct engram_difference *d, struct fault *f)
{
    struct run *r = context;

    r->differ = true;
    if (r->quiet)
        return 1;
    count_one(r, d);
    if (r->opts->summary)
        return 0;
    if (r->opts->json)
        showdiff_json(stdout, d);
    else if (r->opts->null)
        showdiff_name(stdout, d);
    else
        showdiff_line(stdout, d);
    if (!ferror(stdout))
        return 0;
    fault_errno(f, errno, "write failed");
    return fault_about(f, "standard output");
}

static void put_sum(const char *name, const struct sum *sum, bool json)
{
    printf(json ? "\"%s\": {\"names\": %" PRIu64 ", \"bytes\": %" PRIu64 "}"
                : "%s: %" PRIu64 " (%" PRIu64 " bytes)\n",
           name, sum->names, sum->bytes);
}

static void put_summary(const struct run *r)
{
    bool json = r->opts->json;

    fputs(json ? "{" : "", stdout);
    put_sum("added", &r->added, json);
    fputs(json ? ", " : "", stdout);
    put_sum("removed", &r->removed, json);
    fputs(json ? ", " : "", stdout);
    put_sum("changed", &r->changed, json);
    fputs(json ? "}\n" : "", stdout);
}

static int open_side(struct cli *cli, struct run *r, int i, struct fault *f)
{
    struct engram_diff_side *side = i == 0 ? &r->diff.a : &r->diff.b;

    if (engramfile_open(cli, &r->opts->file, cli_operand(cli, i), &r->sources[i], &side->engram,
                        f) < 0)
        return f->code;
    side->name = cli->operand;
    return 0;
}

/* A PATH as a name that one of them has, or as a pattern. */
static int open_path(struct run *r, const char *path, struct pathspec *p, struct fault *f)
{
    const struct engram_diff_side *sides[] = {&r->diff.a, &r->diff.b};
    int rc = 0;

    for (int i = 0; i < 2 && rc == 0 && !p->found; i++) {
        pathspec_free(p);
        rc = pathspec_open(sides[i]->engram, path, p, f);
        if (rc < 0)
            fault_about(f, sides[i]->name);
    }
    return rc;
}

/* Compare what is at one PATH and below, or what it matches.  If that is in neither engram it is
 * told, and the others are compared all the same. */
static int compare_path(struct cli *cli, struct run *r, const char *path, struct fault *f)
{
    struct pathspec p = {0};
    uint64_t names;
    int rc = open_path(r, path, &p, f);

    if (rc < 0)
        return rc;
    r->diff.top = p.top;
    r->diff.pattern = p.pattern ? &p : NULL;
    rc = engram_diff(&r->diff, &names, f);
    if (rc == 0 && names == 0 && (p.pattern || strcmp(p.top, "/") != 0)) {
        fault_set(f, FAULT_SYSTEM,
                  p.pattern ? "matches no name of either engram" : "is in neither engram");
        fault_about(f, p.pattern ? path : p.top);
        cli_fail(cli, f);
        r->missing = true;
    }
    pathspec_free(&p);
    return rc;
}

static int compare_all(struct cli *cli, struct run *r, struct fault *f)
{
    int rc = 0;

    for (int i = 0; i < 2 && rc == 0; i++)
        rc = open_side(cli, r, i, f);
    if (rc == 0 && cli_operands(cli) == 2)
        rc = compare_path(cli, r, "/", f);
    for (int i = 2; i < cli_operands(cli) && rc == 0 && !(r->quiet && r->differ); i++)
        rc = compare_path(cli, r, cli_operand(cli, i), f);
    if (rc == 0 && r->opts->summary)
        put_summary(r);
    return rc;
}

static void close_all(struct run *r)
{
    engram_close(r->diff.a.engram);
    engram_close(r->diff.b.engram);
    source_close(r->sources[0]);
    source_close(r->sources[1]);
}

int main(int argc, char **argv)
{
    struct opts opts = {0};
    struct run r = {.opts = &opts};
    struct cli cli;
    struct fault f;
    int status = CLI_DONE, end;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &opts);
    r.quiet = cli.quiet;
    r.diff.ignore = opts.ignore;
    r.diff.tell = tell;
    r.diff.context = &r;
    if (compare_all(&cli, &r, &f) < 0)
        status = cli_fail(&cli, &f);
    close_all(&r);
    engramfile_options_free(&opts.file);
    end = cli_end(&cli);
    if (status == CLI_DONE)
        status = end;
    /* Also if whoever read the list has gone: 0 would say that there is no difference. */
    return status == CLI_DONE && (r.differ || r.missing) ? DIFFERENT : status;
}
