/* SPDX-License-Identifier: MIT */
/* What a command makes: its output with the sink that leads there, and the progress on the way. */
#include "shared/product.h"

#include <stddef.h>

int product_open(struct product *p, const struct cli *cli, uint64_t total, struct fault *f)
{
    if (output_open(cli->output, &p->output, f) < 0 ||
        sink_to_fd(output_fd(p->output), output_name(p->output), &p->sink, f) < 0)
        return f->code;
    progress_start(&p->progress, cli->command->name, total, cli->progress, cli->quiet);
    return 0;
}

int product_finish(struct product *p, int code, struct fault *f)
{
    progress_end(&p->progress);
    if (code == 0)
        code = sink_finish(p->sink, f);
    if (code == 0) {
        code = output_commit(p->output, f);
        p->output = NULL;
    }
    return code;
}

void product_close(struct product *p)
{
    sink_close(p->sink);
    output_discard(p->output);
    *p = (struct product){0};
}
