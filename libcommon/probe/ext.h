/* SPDX-License-Identifier: MIT */
/* Checks that tell ext2, ext3 and ext4 apart (see probe/super.h). */
#ifndef PROBE_EXT_H
#define PROBE_EXT_H

#include "probe/super.h"

/*
 * At most one of these is true.  A file system is named after the oldest driver that can mount it,
 * however it was made: ext4 if it has a feature that ext3 did not know, else ext3 if it has a
 * journal, else ext2.
 */
bool probe_is_ext2(const struct probe_super *s);
bool probe_is_ext3(const struct probe_super *s);
bool probe_is_ext4(const struct probe_super *s);

/* A device that holds nothing but the journal of such a file system. */
bool probe_is_ext_journal(const struct probe_super *s);

#endif
