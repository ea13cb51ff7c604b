/* SPDX-License-Identifier: MIT */
/* The operands PATH... and the option --exclude: which part of an engram a command takes. */
#include "shared/picks.h"

#include <stdlib.h>

#include "base/operand.h"

int picks_exclude(struct picks *p, const struct cli *cli, const char *glob, struct fault *f)
{
    char *normal;
    int code;

    /* No more of them than there are arguments. */
    if (!p->excludes)
        p->excludes = calloc((size_t)cli->argc, sizeof(*p->excludes));
    if (!p->excludes)
        return fault_memory(f, "arguments", (size_t)cli->argc * sizeof(*p->excludes));
    code = operand_glob(glob, &normal, f);
    free(normal);
    if (code == FAULT_USAGE)
        cli_usage(cli, "--exclude: %s", f->text);
    p->excludes[p->wanted.exclude_count++] = glob;
    p->wanted.excludes = p->excludes;
    return code;
}

int picks_paths(struct picks *p, const struct cli *cli, struct fault *f)
{
    size_t count = cli_operands(cli) > 1 ? (size_t)cli_operands(cli) - 1 : 0;

    p->paths = calloc(count + 1, sizeof(*p->paths));
    if (!p->paths)
        return fault_memory(f, "arguments", (count + 1) * sizeof(*p->paths));
    for (size_t i = 0; i < count; i++) {
        p->paths[i] = cli_operand(cli, (int)i + 1);
        if (p->paths[i][0] == '\0')
            cli_usage(cli, "an empty PATH: the root is /");
    }
    p->wanted.paths = p->paths;
    p->wanted.path_count = count;
    return 0;
}

void picks_free(struct picks *p)
{
    free(p->excludes);
    free(p->paths);
}

int picks_check(const struct picks *p, struct cli *cli, const struct selection *s,
                enum picks_missing which, struct fault *f)
{
    int code = 0;

    for (size_t i = 0; i < p->wanted.path_count; i++) {
        struct fault missing;
        int rc = which == PICKS_ALL ? selection_check(s, i, &missing)
                                    : selection_check_name(s, i, &missing);

        if (rc == 0)
            continue;
        if (code != 0)
            cli_fail(cli, f);
        *f = missing;
        code = rc;
    }
    return code;
}

int picks_open(const struct picks *p, struct cli *cli, const struct engramfile_options *file,
               struct picked *out, struct fault *f)
{
    if (engramfile_open(cli, file, cli_operand(cli, 0), &out->source, &out->engram, f) < 0 ||
        selection_open(out->engram, &p->wanted, &out->selection, f) < 0)
        return f->code;
    return picks_check(p, cli, out->selection, PICKS_NAMES, f);
}

void picks_close(struct picked *out)
{
    selection_close(out->selection);
    engram_close(out->engram);
    source_close(out->source);
}
