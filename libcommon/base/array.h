/* SPDX-License-Identifier: MIT */
/* Arrays that grow. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

#include "base/fault.h"

/*
 * Room for one more element behind the `count` that an array has: the array, moved if it had to
 * grow, with *room, the elements allocated, brought up to date.  NULL (the array is then as it was)
 * and *f filled if there is no memory for it.  `what` is for that message.
 */
void *array_grow(void *array, size_t count, size_t *room, size_t element_bytes, const char *what,
                 struct fault *f);

#endif
