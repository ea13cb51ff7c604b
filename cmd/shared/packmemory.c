/* SPDX-License-Identifier: MIT */
/* The option --memory=SIZE: how many threads packing may have. */
#include "shared/packmemory.h"

#include <inttypes.h>

#include "base/size.h"
#include "engram/budget.h"

enum { MIB = 1 << 20 };

const struct packmemory packmemory_default = {BUDGET_DEFAULT, "512M"};

void packmemory_parse(struct packmemory *m, const struct cli *cli, const char *text)
{
    bool has_unit;

    if (!size_parse(text, &m->bytes, &has_unit))
        cli_usage(cli, "option '--memory' takes a size such as 512M or 2G, not '%s'", text);
    m->given = text;
}

unsigned packmemory_threads(const struct packmemory *m, struct cli *cli, const struct rules *rules,
                            const struct engram_writer_base *base)
{
    uint64_t base_bytes = base ? engram_writer_base_memory(base) : 0;
    unsigned threads =
        m->bytes > base_bytes ? budget_threads(rules, cli->jobs, m->bytes - base_bytes) : 0;

    if (threads > 0)
        return threads;
    cli->operand = NULL; /* it is about no file */
    cli_usage(cli, "--memory=%s is too little: these rules%s need %" PRIu64 "M for one thread",
              m->given, base ? " and this base" : "",
              (budget_bytes(rules, 1) + base_bytes + MIB - 1) / MIB);
}
