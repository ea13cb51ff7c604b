/* SPDX-License-Identifier: MIT */
/* The ENGRAM operand that commands share: a file, or a pipe that is spooled, and its base. */
#include "shared/engramfile.h"

#include <stdlib.h>

#include "base/array.h"
#include "engram/basedirs.h"
#include "shared/mistaken.h"

void engramfile_option(struct engramfile_options *o, struct cli *cli, int key, const char *value)
{
    const char **dirs;
    struct fault f;

    if (key != ENGRAMFILE_KEY_BASE_DIR)
        return;
    dirs = array_grow(o->base_dirs, o->base_dir_count, &o->base_dir_room, sizeof(*dirs), "options",
                      &f);
    if (!dirs)
        exit(cli_fail(cli, &f));
    dirs[o->base_dir_count++] = value;
    o->base_dirs = dirs;
}

void engramfile_parse(struct engramfile_options *o, struct cli *cli)
{
    const char *value;
    int key;

    while ((key = cli_next(cli, &value)) != CLI_END)
        engramfile_option(o, cli, key, value);
}

void engramfile_options_free(struct engramfile_options *o)
{
    free(o->base_dirs);
    *o = (struct engramfile_options){0};
}

int engramfile_open(struct cli *cli, const struct engramfile_options *o, const char *operand,
                    struct source **from, struct engram **out, struct fault *f)
{
    const char *path = cli_input(cli, operand);
    struct basedirs where = {.path = path, .dirs = o->base_dirs, .dir_count = o->base_dir_count};
    const struct base_finder finder = {.find = basedirs_find, .context = &where};
    struct source *s = NULL;
    int rc = path ? source_open_path(path, &s, f) : source_open_stdin(&s, f);

    if (rc == 0)
        rc = engram_open_based(s, &finder, out, f);
    if (rc < 0 && s)
        mistaken_engram(s, f);
    basedirs_close(&where);
    if (rc < 0)
        source_close(s);
    else
        *from = s;
    return rc;
}
