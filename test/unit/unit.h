/* SPDX-License-Identifier: MIT */
/* What a unit test program needs: cases that print TAP. */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct unit {
    int run;
    int failed;
    bool ok; /* of the case that runs */
};

/* In a case: note a condition that does not hold, and go on. */
#define CHECK(u, condition)                                                                        \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                               \
            (u)->ok = false;                                                                       \
        }                                                                                          \
    } while (0)

/* Run one case: a function void NAME(struct unit *). */
#define UNIT_CASE(u, function)                                                                     \
    do {                                                                                           \
        (u)->ok = true;                                                                            \
        function(u);                                                                               \
        (u)->run++;                                                                                \
        (u)->failed += !(u)->ok;                                                                   \
        printf("%sok %d - %s\n", (u)->ok ? "" : "not ", (u)->run, #function);                      \
    } while (0)

/* The end of main(): the plan, and the exit status. */
static inline int unit_end(const struct unit *u)
{
    printf("1..%d\n", u->run);
    return u->failed != 0;
}

#endif
