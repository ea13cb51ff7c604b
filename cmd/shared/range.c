/* SPDX-License-Identifier: MIT */
/* The option --range=OFF+LEN: bytes of a disk or a file, as the commands that write them share it.
 */
#include "shared/range.h"

#include <string.h>

#include "base/checked.h"

void range_parse(struct range *range, const struct cli *cli, const char *text)
{
    const char *plus = strchr(text, '+');
    char offset[32]; /* more than a number of 64 bits takes */
    uint64_t end;

    if (!plus || (size_t)(plus - text) >= sizeof(offset))
        cli_usage(cli, "option '--range' takes OFF+LEN, not '%s'", text);
    memcpy(offset, text, (size_t)(plus - text));
    offset[plus - text] = '\0';
    range->offset = cli_number(cli, "range", offset, 0, UINT64_MAX - 1);
    range->length = cli_number(cli, "range", plus + 1, 0, UINT64_MAX - 1);
    if (!add_u64(range->offset, range->length, &end))
        cli_usage(cli, "option '--range' ends past 2^64: '%s'", text);
}

int range_check(const struct range *range, const struct source *disk, struct fault *f)
{
    if (disk->size == SIZE_UNKNOWN || range_within(range->offset, range->length, disk->size))
        return 0;
    return fault_set(f, FAULT_USAGE, "--range=%llu+%llu passes the end of the disk (%llu bytes)",
                     ull(range->offset), ull(range->length), ull(disk->size));
}
