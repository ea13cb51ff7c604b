/* SPDX-License-Identifier: MIT */
/* Which rule decides how each file of a manifest is packed. */
#ifndef CMD_SHARED_EXPLAIN_H
#define CMD_SHARED_EXPLAIN_H

#include <stdbool.h>

#include "engram/rules.h"
#include "manifest/reader.h"
#include "shared/product.h"

/*
 * A line for each regular file: its profile, the rule as LINE:PATTERN or "-", bytes of data and the
 * path, with tabs between them and pattern and path escaped (text_put_escaped); or, as JSON, an
 * object with profile, line, pattern (both null if there is no rule), data and path.  If the
 * manifest fails, the lines before have reached the sink.
 */
int explain_manifest(struct manifest_reader *m, const struct rules *rules, bool json,
                     struct product *to, struct fault *f);

#endif
