/* SPDX-License-Identifier: MIT */
/* The rules of manifest(5) that concern an entry among the others.  For manifest/ alone. */
#ifndef MANIFEST_ORDER_H
#define MANIFEST_ORDER_H

#include "base/fault.h"
#include "manifest/entry.h"

struct order;

int order_open(struct order **out, struct fault *f);

/*
 * The next entry, which record_check has passed: it must come after the one before it, in a
 * directory seen before, and a hard link must name a file seen before.  FAULT_DAMAGED; the entry
 * then does not count as seen.
 */
int order_admit(struct order *o, const struct entry *e, struct fault *f);

/* NULL is allowed. */
void order_close(struct order *o);

#endif
