/* SPDX-License-Identifier: MIT */
/* engram-verify: is every byte of engrams as it was written? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/progress.h"
#include "base/text.h"
#include "engram/engram.h"
#include "engram/verify.h"
#include "shared/engramfile.h"

enum { KEY_QUICK = CLI_LONG_ONLY };

static const struct cli_option options[] = {
    ENGRAMFILE_OPTIONS,  {KEY_QUICK, "quick", NULL, "check the index only: no data is read"},
    CLI_OPTION_JOBS,     {'q', "quiet", NULL, "print nothing if all is well"},
    CLI_OPTION_PROGRESS, {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "engram-verify",
    .operands = "[ENGRAM...]",
    .summary = "check every byte of engrams, and name the files that are damaged",
    .options = options,
};

struct opts {
    struct engramfile_options file;
    bool quick;
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END)
        if (key == KEY_QUICK)
            o->quick = true;
        else
            engramfile_option(&o->file, cli, key, value);
    if (o->quick && cli->progress)
        cli_usage(cli, "'--progress' does not go with '--quick', which reads no data");
}

static void report(const struct cli *cli, const struct opts *o, const struct engram_info *info)
{
    char hex[SHA256_HEX_BYTES];

    sha256_hex(info->tree, hex);
    text_put_escaped(stdout, cli->operand, strlen(cli->operand));
    printf(": %s, %" PRIu64 " entries, %" PRIu64 " bytes, sha256 %s\n",
           o->quick ? "index ok, data not read" : "ok", info->entries, info->data_bytes, hex);
}

static int verify(struct cli *cli, const struct opts *o, struct engram *engram, struct fault *f)
{
    struct progress progress;
    int code;

    if (o->quick) /* there are no bytes of data whose progress could be shown */
        return engram_verify_index(engram, &cli->notices, f);
    progress_start(&progress, "engram-verify", engram_info(engram)->data_bytes, cli->progress,
                   cli->quiet);
    code = engram_threads(engram, cli->jobs, f);
    if (code == 0)
        code = engram_verify(engram, &cli->notices, &progress, f);
    progress_end(&progress);
    return code;
}

static int run(struct cli *cli, const struct opts *o, const char *operand, struct fault *f)
{
    struct source *source = NULL;
    struct engram *engram = NULL;

    if (engramfile_open(cli, &o->file, operand, &source, &engram, f) < 0)
        return f->code;
    int code = verify(cli, o, engram, f);
    if (code == 0 && !cli->quiet)
        report(cli, o, engram_info(engram));
    engram_close(engram);
    source_close(source);
    return code;
}

/* Of the exit statuses for two engrams, the one for both: damage is what was looked for. */
static int worse(int a, int b)
{
    if (a == -FAULT_DAMAGED || b == -FAULT_DAMAGED)
        return -FAULT_DAMAGED;
    return a > b ? a : b;
}

/* The exit status: each is verified, whatever the others are. */
static int run_all(struct cli *cli, const struct opts *o)
{
    int status = CLI_DONE, count = cli_operands(cli) > 0 ? cli_operands(cli) : 1;
    struct fault f;

    for (int i = 0; i < count; i++) {
        if (run(cli, o, cli_operand(cli, i), &f) < 0)
            status = worse(status, cli_fail(cli, &f));
        if (fflush(stdout) != 0) /* which cli_end tells */
            break;
    }
    return status;
}

int main(int argc, char **argv)
{
    struct opts opts = {0};
    struct cli cli;
    int status, end;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &opts);
    status = run_all(&cli, &opts);
    engramfile_options_free(&opts.file);
    end = cli_end(&cli);
    return status != CLI_DONE ? status : end;
}
