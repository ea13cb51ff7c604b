/* SPDX-License-Identifier: MIT */
/* engram-verify: is every byte of an engram as it was written? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/progress.h"
#include "base/text.h"
#include "engram/engram.h"
#include "engram/verify.h"
#include "shared/engramfile.h"

static const struct cli_option options[] = {
    ENGRAMFILE_OPTIONS,
    CLI_OPTION_JOBS,
    {'q', "quiet", NULL, "print nothing if all is well"},
    CLI_OPTION_PROGRESS,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-verify",
    .operands = "[ENGRAM]",
    .summary = "check every byte of an engram, and name the files that are damaged",
    .options = options,
};

static void parse(struct cli *cli, struct engramfile_options *o)
{
    engramfile_parse(o, cli);
    cli_operands_at_most(cli, 1, "one ENGRAM");
}

static void report(const struct cli *cli, const struct engram_info *info)
{
    char hex[SHA256_HEX_BYTES];

    sha256_hex(info->tree, hex);
    text_put_escaped(stdout, cli->operand, strlen(cli->operand));
    printf(": ok, %" PRIu64 " entries, %" PRIu64 " bytes, sha256 %s\n", info->entries,
           info->data_bytes, hex);
}

static int run(struct cli *cli, const struct engramfile_options *o, struct fault *f)
{
    struct source *source = NULL;
    struct engram *engram = NULL;
    struct progress progress;

    if (engramfile_open(cli, o, cli_operand(cli, 0), &source, &engram, f) < 0)
        return f->code;
    progress_start(&progress, "engram-verify", engram_info(engram)->data_bytes, cli->progress,
                   cli->quiet);
    int code = engram_threads(engram, cli->jobs, f);
    if (code == 0)
        code = engram_verify(engram, &cli->notices, &progress, f);
    progress_end(&progress);
    if (code == 0 && !cli->quiet)
        report(cli, engram_info(engram));
    engram_close(engram);
    source_close(source);
    return code;
}

int main(int argc, char **argv)
{
    struct engramfile_options file = {0};
    struct cli cli;
    struct fault f;
    int code;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &file);
    code = run(&cli, &file, &f);
    engramfile_options_free(&file);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
