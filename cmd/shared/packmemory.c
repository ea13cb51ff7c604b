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

int packmemory_threads(const struct packmemory *m, unsigned wanted, const struct rules *rules,
                       unsigned *threads, struct fault *f)
{
    *threads = budget_threads(rules, wanted, m->bytes);
    if (*threads == 0)
        return fault_set(f, FAULT_USAGE,
                         "--memory=%s is too little: these rules need %" PRIu64 "M for one thread",
                         m->given, (budget_bytes(rules, 1) + MIB - 1) / MIB);
    return 0;
}
