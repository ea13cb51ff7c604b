/* SPDX-License-Identifier: MIT */
/* Hashes for tables whose keys are from a stranger. */
#include "base/hash.h"

#include <unistd.h>

uint64_t hash_seed(const void *memory)
{
    uint64_t seed;

    return getentropy(&seed, sizeof(seed)) == 0 ? seed : (uintptr_t)memory;
}
