/* SPDX-License-Identifier: MIT */
/* The ENGRAM operand that commands share: a file, or a pipe that is spooled. */
#include "shared/engramfile.h"

#include <string.h>

int engramfile_open(struct cli *cli, const char *operand, struct source **from, struct engram **out,
                    struct fault *f)
{
    bool is_stdin = !operand || strcmp(operand, "-") == 0;
    struct source *s = NULL;
    int rc;

    cli->operand = is_stdin ? "standard input" : operand;
    rc = is_stdin ? source_open_stdin(&s, f) : source_open_path(operand, &s, f);
    if (rc == 0)
        rc = engram_open(s, out, f);
    if (rc < 0)
        source_close(s);
    else
        *from = s;
    return rc;
}
