/* SPDX-License-Identifier: MIT */
/* engram-ls: what an engram holds, by name. */
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/text.h"
#include "engram/engram.h"
#include "engram/pathspec.h"
#include "engram/resolve.h"
#include "engram/stats.h"
#include "manifest/path.h"
#include "shared/engramfile.h"
#include "shared/listing.h"
#include "shared/statsview.h"

enum { KEY_DIRECTORY = CLI_LONG_ONLY, KEY_SHA256, KEY_STATS };

static const struct cli_option options[] = {
    {'l', "long", NULL, "show mode, owner, group, size, mtime (UTC) and where links lead"},
    {'R', "recursive", NULL, "list everything below a directory, not only what it holds"},
    {KEY_DIRECTORY, "directory", NULL, "list a directory itself, not what it holds"},
    {KEY_SHA256, "sha256", NULL, "list files as sha256sum does, for 'sha256sum -c'"},
    {KEY_STATS, "stats", NULL, "show what the engram's bytes are spent on, by profile"},
    ENGRAMFILE_OPTIONS,
    CLI_OPTION_NULL,
    {CLI_KEY_JSON, "json", NULL, "print one JSON object to a line"},
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-ls",
    .operands = "[ENGRAM [PATH...]]",
    .summary = "list what an engram holds",
    .options = options,
};

struct opts {
    struct engramfile_options file;
    enum listing_form form;
    bool recursive;
    bool directory;
    bool stats;
    bool null;
};

/* The form of the list: one only. */
static void choose(const struct cli *cli, struct opts *o, enum listing_form form)
{
    static const char *const names[] = {"", "--long", "--json", "--sha256"};

    if (o->form != LISTING_PATHS && o->form != form)
        cli_usage(cli, "only one of '%s' and '%s' can be asked for", names[o->form], names[form]);
    o->form = form;
}

static void check_options(const struct cli *cli, const struct opts *o)
{
    if (o->null && (o->form == LISTING_LONG || o->form == LISTING_JSON))
        cli_usage(cli, "'--null' goes with neither '--long' nor '--json'");
    if (o->directory && o->recursive)
        cli_usage(cli, "only one of '--directory' and '--recursive' can be asked for");
    if (!o->stats)
        return;
    if ((o->form != LISTING_PATHS && o->form != LISTING_JSON) || o->null || o->directory ||
        o->recursive)
        cli_usage(cli, "'--stats' goes with '--json' only");
    cli_operands_at_most(cli, 1, "with '--stats', one ENGRAM");
}

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == 'l')
            choose(cli, o, LISTING_LONG);
        if (key == CLI_KEY_JSON)
            choose(cli, o, LISTING_JSON);
        if (key == KEY_SHA256)
            choose(cli, o, LISTING_SHA256);
        o->recursive |= key == 'R';
        o->directory |= key == KEY_DIRECTORY;
        o->stats |= key == KEY_STATS;
        o->null |= key == '0';
        engramfile_option(&o->file, cli, key, value);
    }
    check_options(cli, o);
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    struct source *source;
    struct engram *engram;
    struct listing list;
};

/* What the directory holds, or everything below it. */
static int list_directory(struct run *r, const char *top, struct fault *f)
{
    struct engram_walk *walk;
    bool more = true;
    int rc = engram_walk_open(r->engram, top, &walk, f);

    if (rc < 0)
        return rc;
    while (rc == 0 && (rc = engram_walk_next(walk, &r->list.item, &more, f)) == 0 && more) {
        if (strcmp(r->list.item.entry.path, top) == 0)
            continue;
        rc = listing_print(&r->list, f);
        if (rc == 0 && !r->opts->recursive)
            rc = engram_walk_skip(walk, f);
    }
    engram_walk_close(walk);
    return rc;
}

static int list_found(struct run *r, struct fault *f)
{
    char *top;
    int rc;

    if (r->list.item.entry.type != ENTRY_DIRECTORY || r->opts->directory)
        return listing_print(&r->list, f);
    top = strdup(r->list.item.entry.path);
    if (top == NULL)
        return fault_memory(f, "a path", strlen(r->list.item.entry.path));
    rc = list_directory(r, top, f);
    free(top);
    return rc;
}

/* The names that match, and everything below them if that is asked for. */
static int list_matches(struct run *r, struct pathspec *p, struct fault *f)
{
    struct engram_walk *walk;
    char *inside = NULL; /* the directory that matched last */
    bool more = true;
    int rc = engram_walk_open(r->engram, p->top, &walk, f);

    if (rc < 0)
        return rc;
    while (rc == 0 && (rc = engram_walk_next(walk, &r->list.item, &more, f)) == 0 && more) {
        const char *path = r->list.item.entry.path;

        if (inside != NULL && path_is_within(path, inside)) {
            rc = listing_print(&r->list, f);
            continue;
        }
        if (!pathspec_matches(p, path))
            continue;
        p->found = true;
        rc = listing_print(&r->list, f);
        if (rc == 0 && r->opts->recursive && r->list.item.entry.type == ENTRY_DIRECTORY) {
            free(inside);
            inside = strdup(path);
            if (inside == NULL)
                rc = fault_memory(f, "a path", strlen(path));
        }
    }
    engram_walk_close(walk);
    free(inside);
    return rc;
}

/* What is no name (f says why) may be a pattern. */
static int list_pattern(struct run *r, const char *path, bool *found, struct fault *f)
{
    struct pathspec p;
    bool is_pattern;
    int rc = pathspec_open_pattern(r->engram, path, &p, &is_pattern, f);

    if (rc == 0 && is_pattern)
        rc = list_matches(r, &p, f);
    if (rc == 0 && is_pattern)
        *found = pathspec_check(&p, f) == 0;
    pathspec_free(&p);
    return rc;
}

/* A PATH that leads nowhere is a fault of its own: *found false, and f says it. */
static int list_path(struct run *r, const char *path, bool *found, struct fault *f)
{
    *found = false;
    if (*path == '\0') {
        fault_set(f, FAULT_SYSTEM, "an empty path");
        return 0;
    }
    if (engram_resolve(r->engram, path, RESOLVE_NAME, &r->list.item, found, f) < 0)
        return f->code;
    return *found ? list_found(r, f) : list_pattern(r, path, found, f);
}

/* The exit status: a path that is not there is told, and the others are listed all the same; any
 * other failure ends the run. */
static int list_paths(struct cli *cli, struct run *r)
{
    struct fault f;
    int status = CLI_DONE;
    bool found;

    for (int i = 1; i < cli_operands(cli); i++) {
        if (list_path(r, cli_operand(cli, i), &found, &f) < 0)
            return cli_fail(cli, &f);
        if (!found)
            status = cli_fail(cli, &f);
    }
    return status;
}

static int show_stats(struct run *r, struct fault *f)
{
    struct engram_stats stats;

    if (engram_stats(r->engram, &stats, f) < 0)
        return f->code;
    if (r->opts->form != LISTING_JSON)
        return statsview_table(&stats, stdout, f);
    statsview_json(&stats, stdout);
    return 0;
}

/* No PATH is the root; a tree without one is empty, and listing nothing is all that it needs. */
static int list_root(struct run *r, struct fault *f)
{
    bool found;

    if (engram_find(r->engram, "/", &r->list.item, &found, f) < 0)
        return f->code;
    return found ? list_found(r, f) : 0;
}

static int list_all(struct cli *cli, struct run *r)
{
    struct fault f;

    if (engramfile_open(cli, &r->opts->file, cli_operand(cli, 0), &r->source, &r->engram, &f) < 0)
        return cli_fail(cli, &f);
    r->list = (struct listing){.form = r->opts->form, .null = r->opts->null, .engram = r->engram};
    if (cli_operands(cli) > 1)
        return list_paths(cli, r);
    if ((r->opts->stats ? show_stats(r, &f) : list_root(r, &f)) < 0)
        return cli_fail(cli, &f);
    return CLI_DONE;
}

int main(int argc, char **argv)
{
    struct opts opts = {0};
    struct run r = {.opts = &opts};
    struct cli cli;
    int status, end;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &opts);
    status = list_all(&cli, &r);
    listing_free(&r.list);
    engram_close(r.engram);
    source_close(r.source);
    engramfile_options_free(&opts.file);
    end = cli_end(&cli);
    return status != CLI_DONE ? status : end;
}
