/* SPDX-License-Identifier: MIT */
/* The built-in sets of rules, as the rules files that they are. */
#ifndef ENGRAM_RULES_BUILTIN_H
#define ENGRAM_RULES_BUILTIN_H

/* All names, for messages. */
#define RULES_BUILTIN_NAMES "fast, balanced and max"

/* The text of the set of this name, which rules_parse takes and which has settings for every
 * profile; NULL if there is none of that name. */
const char *rules_builtin_text(const char *name);

#endif
