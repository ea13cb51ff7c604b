/* SPDX-License-Identifier: MIT */
/* qcow2info: shows what a disk image is, its backing chain and snapshots, and where its bytes are.
 */
#include <stdbool.h>
#include <stdio.h>

#include "base/cli.h"
#include "qcow2/chain.h"
#include "shared/image.h"
#include "shared/imageinfo.h"
#include "shared/imagemap.h"

enum { KEY_MAP = CLI_LONG_ONLY };

static const struct cli_option options[] = {
    IMAGE_OPTIONS,
    IMAGE_OPTION_SNAPSHOT,
    {KEY_MAP, "map", NULL, "print where the bytes of the disk are, as JSON"},
    CLI_OPTION_JSON,
    CLI_OPTION_QUIET,
    {0, NULL, NULL, NULL},
};

static const struct cli_command command = {
    .name = "qcow2info",
    .operands = "[IMAGE]",
    .summary = "show what a qcow2 image is, and where its bytes are",
    .options = options,
};

struct opts {
    struct image_options image;
    bool map;
    bool json;
};

static void parse(struct cli *cli, struct opts *o)
{
    const char *value;
    int key;

    /* This command's job is to tell what an image is: from a pipe, too. */
    o->image.detect_in_pipe = true;
    while ((key = cli_next(cli, &value)) != CLI_END) {
        if (key == KEY_MAP)
            o->map = true;
        else if (key == CLI_KEY_JSON)
            o->json = true;
        else
            image_option(&o->image, cli, key, value);
    }
    cli_operands_at_most(cli, 1, "one IMAGE");
}

static int show(const struct opts *o, struct qcow2_chain *chain, struct fault *f)
{
    struct imageinfo info;
    int code;

    if (o->map)
        return imagemap_print(stdout, chain, f);
    code = imageinfo_read(&info, chain, f);
    if (code < 0)
        fault_about(f, chain->layers[0]->lower->name);
    else
        code = (o->json ? imageinfo_print_json : imageinfo_print)(stdout, &info, f);
    return code;
}

static int run(struct cli *cli, const struct opts *o, struct qcow2_chain *chain, struct fault *f)
{
    const struct qcow2_options qcow2 = image_qcow2_options(&o->image, cli);
    const char *operand = cli_operand(cli, 0);
    struct source *file;
    bool is_qcow2;

    if (image_open_file(cli, operand, &o->image, &file, &is_qcow2, f) < 0 ||
        qcow2_chain_open(chain, file, !is_qcow2, cli->input, &qcow2, f) < 0)
        return f->code;
    return show(o, chain, f);
}

int main(int argc, char **argv)
{
    struct qcow2_chain chain = {0};
    struct opts o = {0};
    struct cli cli;
    struct fault f;
    int code;

    cli_start(&cli, &command, argc, argv);
    parse(&cli, &o);
    code = run(&cli, &o, &chain, &f);
    qcow2_chain_close(&chain);
    image_options_free(&o.image);
    return code < 0 ? cli_fail(&cli, &f) : cli_end(&cli);
}
