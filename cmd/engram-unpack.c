/* SPDX-License-Identifier: MIT */
/* engram-unpack: an engram's tree, or a part of it, made in a directory. */
#include <sys/stat.h>

#include "base/cli.h"
#include "base/progress.h"
#include "engram/engram.h"
#include "engram/unpack.h"
#include "shared/engramfile.h"
#include "shared/picks.h"

enum { KEY_OVERWRITE = CLI_LONG_ONLY, KEY_STRIP, KEY_ANY_OWNER, KEY_KEEP_GOING };

/* More names than any path of an engram has. */
enum { STRIP_MAX = 65535 };

static const struct cli_option options[] = {
    ENGRAMFILE_OPTIONS,
    {'C', "directory", "DIR", "unpack into DIR, made if it is missing (default: here)"},
    PICKS_OPTION_EXCLUDE,
    {KEY_STRIP, "strip-components", "N", "take N names off the front of every path"},
    {KEY_KEEP_GOING, "keep-going", NULL, "tell of what is damaged, leave it out, and go on"},
    {KEY_ANY_OWNER, "no-same-owner", NULL, "leave all that is made to whoever unpacks"},
    {KEY_OVERWRITE, "overwrite", NULL, "replace what exists, and fill directories that exist"},
    CLI_OPTION_JOBS,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-unpack",
    .operands = "[ENGRAM [PATH...]]",
    .summary = "unpack an engram, or a part of it, into a directory",
    .options = options,
};

struct opts {
    struct engramfile_options file;
    struct picks picks;
    const char *directory;
    unsigned strip_components;
    bool keep_going;
    bool any_owner;
    bool overwrite;
};

static int parse(struct cli *cli, struct opts *o, struct fault *f)
{
    const char *value;
    int key, code = 0;

    while (code == 0 && (key = cli_next(cli, &value)) != CLI_END) {
        switch (key) {
        case 'C':
            if (value[0] == '\0')
                cli_usage(cli, "option '--directory' needs the name of a directory");
            o->directory = value;
            break;
        case 'x':
            code = picks_exclude(&o->picks, cli, value, f);
            break;
        case KEY_STRIP:
            o->strip_components =
                (unsigned)cli_number(cli, "strip-components", value, 0, STRIP_MAX);
            break;
        case KEY_KEEP_GOING:
            o->keep_going = true;
            break;
        case KEY_ANY_OWNER:
            o->any_owner = true;
            break;
        case KEY_OVERWRITE:
            o->overwrite = true;
            break;
        default:
            engramfile_option(&o->file, cli, key, value);
            break;
        }
    }
    return code == 0 ? picks_paths(&o->picks, cli, f) : code;
}

static int unpack(struct cli *cli, const struct opts *o, const struct picked *from, struct fault *f)
{
    bool all = selection_is_all(from->selection);
    struct progress progress;
    struct unpack_options unpack = {
        .directory = o->directory,
        .selection = from->selection,
        .strip_components = o->strip_components,
        .overwrite = o->overwrite,
        .keep_going = o->keep_going,
        .any_owner = o->any_owner,
        .progress = &progress,
        .notices = &cli->notices,
    };
    int rc;

    /* Until a name has its own mode nobody else is to reach it. */
    unpack.made_mode = 0777 & ~umask(0077);
    progress_start(&progress, "engram-unpack", all ? engram_info(from->engram)->data_bytes : 0,
                   cli->progress, cli->quiet);
    rc = engram_unpack(from->engram, &unpack, f);
    progress_end(&progress);
    /* What a pattern matches is known now only; the others have been unpacked. */
    return rc < 0 ? rc : picks_check(&o->picks, cli, from->selection, PICKS_ALL, f);
}

int main(int argc, char **argv)
{
    struct opts opts = {.directory = "."};
    struct picked from = {0};
    struct cli cli;
    struct fault f;
    int code;

    cli_start(&cli, &command, argc, argv);
    code = parse(&cli, &opts, &f);
    if (code == 0)
        code = picks_open(&opts.picks, &cli, &opts.file, &from, &f);
    if (code == 0)
        code = engram_threads(from.engram, cli.jobs, &f);
    if (code == 0)
        code = unpack(&cli, &opts, &from, &f);
    picks_close(&from);
    picks_free(&opts.picks);
    engramfile_options_free(&opts.file);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
