/* SPDX-License-Identifier: MIT */
/* Zeros in a buffer that can be left out of a file. */
#ifndef IO_ZEROS_H
#define IO_ZEROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/checked.h"

/* Zeros are looked for in units of this many bytes: what file systems can leave out. */
enum { ZERO_UNIT = 4096 };

/* How many bytes from the start of a buffer (len is not 0) are like its first unit: all zero, or in
 * no unit all zero. */
static inline size_t zeros_run(const uint8_t *bytes, size_t len, bool *zero)
{
    size_t run = min_u64(ZERO_UNIT, len);

    *zero = bytes_are_zero(bytes, run);
    while (run < len && bytes_are_zero(bytes + run, min_u64(ZERO_UNIT, len - run)) == *zero)
        run += min_u64(ZERO_UNIT, len - run);
    return run;
}

#endif
