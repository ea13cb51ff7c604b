/* SPDX-License-Identifier: MIT */
/* Arithmetic on numbers that came from outside: it says when it would wrap. */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

/* True if [offset, offset + length) lies within [0, size); no sum that could wrap is formed. */
static inline bool range_within(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

/* *sum = a + b, or false (and *sum unspecified) if that does not fit. */
static inline bool add_u64(uint64_t a, uint64_t b, uint64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

/* *product = a * b, or false (and *product unspecified) if that does not fit. */
static inline bool mul_u64(uint64_t a, uint64_t b, uint64_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline bool is_power_of_2(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* n / d rounded up; d is not 0; never wraps. */
static inline uint64_t div_round_up(uint64_t n, uint64_t d)
{
    return n / d + (n % d != 0);
}

/* For %llu in messages, whatever type uint64_t is. */
static inline unsigned long long ull(uint64_t n)
{
    return n;
}

#endif
