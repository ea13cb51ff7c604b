/* SPDX-License-Identifier: MIT */
/* engram-unpack: an engram's tree made in a directory. */
#include <sys/stat.h>

#include "base/cli.h"
#include "base/progress.h"
#include "engram/engram.h"
#include "engram/unpack.h"
#include "shared/engramfile.h"

static const struct cli_option options[] = {
    ENGRAMFILE_OPTIONS,
    {'C', "directory", "DIR", "unpack into DIR, made if it is missing (default: here)"},
    CLI_OPTION_JOBS,
    CLI_OPTION_QUIET,
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-unpack",
    .operands = "[ENGRAM]",
    .summary = "unpack an engram into a directory",
    .options = options,
};

struct opts {
    struct engramfile_options file;
    const char *directory;
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == 'C')
            o->directory = value;
        engramfile_option(&o->file, cli, key, value);
    }
    cli_operands_at_most(cli, 1, "one ENGRAM");
}

static int run(struct cli *cli, const struct opts *opts, struct engram *engram, struct fault *f)
{
    struct progress progress;
    struct unpack_options unpack = {
        .directory = opts->directory,
        .progress = &progress,
        .notices = &cli->notices,
    };
    int rc = engram_threads(engram, cli->jobs, f);

    if (rc < 0)
        return rc;
    /* Until a name has its own mode nobody else is to reach it. */
    umask(0077);
    progress_start(&progress, "engram-unpack", engram_info(engram)->data_bytes, cli->progress,
                   cli->quiet);
    rc = engram_unpack(engram, &unpack, f);
    progress_end(&progress);
    return rc;
}

int main(int argc, char **argv)
{
    struct opts opts = {.directory = "."};
    struct source *source = NULL;
    struct engram *engram = NULL;
    struct cli cli;
    struct fault f;
    int rc;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &opts);
    rc = engramfile_open(&cli, &opts.file, cli_operand(&cli, 0), &source, &engram, &f);
    if (rc == 0)
        rc = run(&cli, &opts, engram, &f);
    engram_close(engram);
    source_close(source);
    engramfile_options_free(&opts.file);
    return rc < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
