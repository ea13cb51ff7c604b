/* SPDX-License-Identifier: MIT */
/* The settings of a `profile` line of a rules file. */
#ifndef ENGRAM_RULES_SETTINGS_H
#define ENGRAM_RULES_SETTINGS_H

#include "base/fault.h"
#include "engram/profile.h"
#include "engram/rules_words.h"

/* What is left of the line as settings, checked each for itself and together. */
int rules_settings_parse(struct rules_words *w, struct profile_settings *s, struct fault *f);

#endif
