/* SPDX-License-Identifier: MIT */
/* Arrays that grow. */
#include "base/array.h"

#include <stdlib.h>

enum { FIRST_ROOM = 16 };

void *array_grow(void *array, size_t count, size_t *room, size_t element_bytes, const char *what,
                 struct fault *f)
{
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    void *grown;

    if (count < *room)
        return array;
    grown = reallocarray(array, more, element_bytes);
    if (grown)
        *room = more;
    else
        fault_memory(f, what, more * element_bytes);
    return grown;
}
