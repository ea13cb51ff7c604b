/* SPDX-License-Identifier: MIT */
/* Entries of an engram on standard output, in the form that was asked for. */
#ifndef CMD_SHARED_LISTING_H
#define CMD_SHARED_LISTING_H

#include <stdbool.h>

#include "base/fault.h"
#include "engram/engram.h"

enum listing_form {
    LISTING_PATHS,
    LISTING_LONG,
    LISTING_JSON,
    LISTING_SHA256, /* files only */
};

struct listing {
    enum listing_form form;
    bool null;                /* names end with a NUL, and are not escaped */
    struct engram *engram;    /* borrowed */
    struct engram_item item;  /* the one to print */
    struct engram_item first; /* private: what it is one more name of */
};

/* Print l->item. */
int listing_print(struct listing *l, struct fault *f);

/* Free the items. */
void listing_free(struct listing *l);

#endif
