/* SPDX-License-Identifier: MIT */
/* The ENGRAM operand that commands share: a file, or a pipe that is spooled. */
#include "shared/engramfile.h"

int engramfile_open(struct cli *cli, const char *operand, struct source **from, struct engram **out,
                    struct fault *f)
{
    const char *path = cli_input(cli, operand);
    struct source *s = NULL;
    int rc = path ? source_open_path(path, &s, f) : source_open_stdin(&s, f);

    if (rc == 0)
        rc = engram_open(s, out, f);
    if (rc < 0)
        source_close(s);
    else
        *from = s;
    return rc;
}
