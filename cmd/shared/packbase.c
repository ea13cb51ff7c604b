/* SPDX-License-Identifier: MIT */
/* The base of an engram that is being packed. */
#include "shared/packbase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "shared/product.h"

int packbase_open(struct packbase *b, struct cli *cli, const struct engramfile_options *o,
                  const char *path, struct fault *f)
{
    const char *slash = strrchr(path, '/');
    struct stat st;

    cli->operand = path;
    /* Readers look for it by its name, and read it at random. */
    if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
        return fault_set(f, FAULT_USAGE, "a base must be a regular file");
    if (product_refuse_input(cli, path, f) < 0 ||
        engramfile_open(cli, o, path, &b->source, &b->engram, f) < 0)
        return f->code;
    b->base = (struct engram_writer_base){b->engram, slash ? slash + 1 : path};
    return engram_writer_check_base(&b->base, f);
}

const struct engram_writer_base *packbase_of(const struct packbase *b)
{
    return b->engram ? &b->base : NULL;
}

void packbase_note_place(const struct packbase *b, struct cli *cli)
{
    char *directory, *beside;
    struct stat st;

    if (!b->engram || !cli->output)
        return;
    directory = directory_of(cli->output);
    /* Without memory there is no note. */
    if (directory && asprintf(&beside, "%s/%s", directory, b->base.name) >= 0) {
        if (stat(beside, &st) != 0)
            notice(&cli->notices, NOTICE_INFO, cli->output,
                   "there is no \"%s\" in directory \"%s\", where readers look for its base",
                   b->base.name, directory);
        free(beside);
    }
    free(directory);
}

void packbase_close(struct packbase *b)
{
    engram_close(b->engram);
    source_close(b->source);
}
