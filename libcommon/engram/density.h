/* SPDX-License-Identifier: MIT */
/* Tells data that will not get smaller from data that may, at little cost. */
#ifndef ENGRAM_DENSITY_H
#define ENGRAM_DENSITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Are a sample's bytes spread so evenly over their 256 values that entropy coding gains nothing?
 * Compressed and encrypted data are.  Long repeats within such data are not seen.  Short data is
 * never dense: trying costs less than a mistake.
 */
bool density_is_full(const uint8_t *bytes, size_t length);

#endif
