/* SPDX-License-Identifier: MIT */
/* engram-ls: what an engram holds, by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/text.h"
#include "engram/engram.h"
#include "engram/resolve.h"
#include "manifest/path.h"
#include "manifest/show.h"
#include "shared/engramfile.h"

static const struct cli_option options[] = {
    {'l', "long", NULL, "show mode, owner, group, size, mtime (UTC) and where links lead"},
    {'R', "recursive", NULL, "list everything below a directory, not only what it holds"},
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
    bool is_long;
    bool recursive;
    bool null;
    bool json;
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        switch (key) {
        case 'l':
            o->is_long = true;
            break;
        case 'R':
            o->recursive = true;
            break;
        case '0':
            o->null = true;
            break;
        case CLI_KEY_JSON:
            o->json = true;
            break;
        default:
            break;
        }
    }
    if (o->is_long + o->null + o->json > 1)
        cli_usage(cli, "only one of '--long', '--null' and '--json' can be asked for");
}

/* Everything that a run holds open. */
struct run {
    const struct opts *opts;
    struct source *source;
    struct engram *engram;
    struct engram_item item;  /* the one to show */
    struct engram_item first; /* what it is one more name of */
};

/* The entry that has the metadata: of a hard link that of its first name. */
static int find_inode(struct run *r, const struct engram_item **inode, struct fault *f)
{
    *inode = &r->item;
    if (r->item.entry.type != ENTRY_HARD_LINK)
        return 0;
    *inode = &r->first;
    return engram_find_linked(r->engram, r->item.entry.link, &r->first, f);
}

static int print_long(struct run *r, struct fault *f)
{
    const struct engram_item *inode;

    if (find_inode(r, &inode, f) < 0)
        return f->code;
    show_long(stdout, &r->item.entry, &inode->entry);
    putchar('\n');
    return 0;
}

static void print_json(const struct engram_item *item)
{
    char hex[SHA256_HEX_BYTES];

    if (item->entry.type == ENTRY_FILE)
        sha256_hex(item->sha256, hex);
    show_json(stdout, &item->entry, item->entry.type == ENTRY_FILE ? hex : NULL);
    putchar('\n');
}

static void print_path(const char *path, bool null)
{
    if (null) {
        fwrite(path, 1, strlen(path) + 1, stdout);
    } else {
        text_put_escaped(stdout, path, strlen(path));
        putchar('\n');
    }
}

static int print_item(struct run *r, struct fault *f)
{
    if (r->opts->json)
        print_json(&r->item);
    else if (!r->opts->is_long)
        print_path(r->item.entry.path, r->opts->null);
    else if (print_long(r, f) < 0)
        return f->code;
    if (!ferror(stdout))
        return 0;
    fault_errno(f, errno, "write failed");
    return fault_about(f, "standard output");
}

/* What the directory holds, or everything below it. */
static int list_directory(struct run *r, const char *top, struct fault *f)
{
    struct engram_walk *walk;
    size_t top_len = strlen(top);
    bool more = true;
    int rc = engram_walk_open(r->engram, top, &walk, f);

    if (rc < 0)
        return rc;
    while (rc == 0 && (rc = engram_walk_next(walk, &r->item, &more, f)) == 0 && more) {
        const char *path = r->item.entry.path;

        if (strcmp(path, top) != 0 && (r->opts->recursive || path_parent_length(path) == top_len))
            rc = print_item(r, f);
    }
    engram_walk_close(walk);
    return rc;
}

static int list_found(struct run *r, struct fault *f)
{
    char *top;
    int rc;

    if (r->item.entry.type != ENTRY_DIRECTORY)
        return print_item(r, f);
    top = strdup(r->item.entry.path);
    if (top == NULL)
        return fault_memory(f, "a path", strlen(r->item.entry.path));
    rc = list_directory(r, top, f);
    free(top);
    return rc;
}

/* A PATH that leads nowhere is a fault of its own: *found false, and f says it. */
static int list_path(struct run *r, const char *path, bool *found, struct fault *f)
{
    char shown[400];

    *found = false;
    if (*path == '\0') {
        fault_set(f, FAULT_SYSTEM, "an empty path");
        return 0;
    }
    if (engram_resolve(r->engram, path, RESOLVE_NAME, &r->item, found, f) < 0)
        return f->code;
    if (*found)
        return list_found(r, f);
    text_escape(shown, sizeof(shown), path, strlen(path));
    fault_set(f, FAULT_SYSTEM, "there is no %s", shown);
    return 0;
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

static int list_all(struct cli *cli, struct run *r)
{
    struct fault f;

    if (engramfile_open(cli, cli_operand(cli, 0), &r->source, &r->engram, &f) < 0)
        return cli_fail(cli, &f);
    if (cli_operands(cli) > 1)
        return list_paths(cli, r);
    /* No PATH is the root; a tree without one is empty, and listing nothing is all that it needs.
     */
    return list_directory(r, "/", &f) < 0 ? cli_fail(cli, &f) : CLI_DONE;
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
    engram_item_free(&r.item);
    engram_item_free(&r.first);
    engram_close(r.engram);
    source_close(r.source);
    end = cli_end(&cli);
    return status != CLI_DONE ? status : end;
}
