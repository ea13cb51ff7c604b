/* SPDX-License-Identifier: MIT */
/* Sizes as people write them. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Understand "1048576", "512K", "10MiB", "2GB" ...: digits, then nothing, or one of K M G T P E and
 * with it "iB" (powers of 1024, as the bare letter) or "B" (powers of 1000); either case.
 * *has_unit says whether there was a letter: where a bare number counts sectors, say.  False if the
 * text is anything else or the size does not fit in 64 bits.
 */
bool size_parse(const char *text, uint64_t *size, bool *has_unit);

#endif
