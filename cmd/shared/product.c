/* SPDX-License-Identifier: MIT */
/* What a command makes: its output with the sink that leads there, and the progress on the way. */
#include "shared/product.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int product_refuse_input(const struct cli *cli, const char *input, struct fault *f)
{
    struct stat in, out;

    if (!cli->output || stat(cli->output, &out) != 0 ||
        (input ? stat(input, &in) : fstat(STDIN_FILENO, &in)) != 0 || in.st_dev != out.st_dev ||
        in.st_ino != out.st_ino)
        return 0;
    fault_set(f, FAULT_USAGE, "is the input itself: write to another file");
    return fault_about(f, cli->output);
}

int product_open(struct product *p, const struct cli *cli, enum output_kind kind, uint64_t total,
                 struct fault *f)
{
    bool quiet;

    if (cli->operand && product_refuse_input(cli, cli->input, f) < 0)
        return f->code;
    if (output_open(cli->output, kind, &p->output, f) < 0 ||
        sink_to_fd(output_fd(p->output), output_name(p->output), &p->sink, f) < 0)
        return f->code;
    /* On a terminal it would be drawn into what is written there. */
    quiet = cli->quiet || (!cli->progress && isatty(output_fd(p->output)));
    progress_start(&p->progress, cli->command->name, total, cli->progress, quiet);
    return 0;
}

FILE *product_text(struct product *p, struct fault *f)
{
    p->text = open_memstream(&p->text_bytes, &p->text_length);
    if (!p->text)
        fault_memory(f, "a line", BUFSIZ);
    return p->text;
}

/* Close the stream; what was printed is then in text_bytes. */
static int close_text(struct product *p, struct fault *f)
{
    int rc = fclose(p->text);

    p->text = NULL;
    return rc == 0 ? 0 : fault_memory(f, "a line", p->text_length);
}

int product_text_end(struct product *p, struct fault *f)
{
    int code = close_text(p, f);

    if (code == 0)
        code = sink_data(p->sink, p->text_bytes, p->text_length, f);
    free(p->text_bytes);
    p->text_bytes = NULL;
    return code;
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
    struct fault ignored;

    if (p->text)
        close_text(p, &ignored);
    free(p->text_bytes);
    sink_close(p->sink);
    output_discard(p->output);
    *p = (struct product){0};
}
