/* SPDX-License-Identifier: MIT */
/* Hashes for tables whose keys are from a stranger. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

/* A seed that nobody can know, so that no keys can be made of which all fall into one place.  If
 * the system has none to give, it is made from an address: some memory of the caller's. */
uint64_t hash_seed(const void *memory);

/* Good in its low bits. */
static inline uint64_t hash_u64(uint64_t seed, uint64_t key)
{
    uint64_t x = (key ^ seed) * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 32) * (seed | 1);
    return x ^ x >> 29;
}

#endif
