/* SPDX-License-Identifier: MIT */
/* Checks of file systems that take a few fields each (see probe/super.h). */
#ifndef PROBE_FILESYSTEM_H
#define PROBE_FILESYSTEM_H

#include "probe/super.h"

bool probe_is_xfs(const struct probe_super *s);
bool probe_is_jfs(const struct probe_super *s);
bool probe_is_nilfs2(const struct probe_super *s);
bool probe_is_f2fs(const struct probe_super *s);
bool probe_is_gfs2(const struct probe_super *s);
bool probe_is_ocfs2(const struct probe_super *s);

/* Version 4; those before it had another layout. */
bool probe_is_squashfs(const struct probe_super *s);
bool probe_is_erofs(const struct probe_super *s);
bool probe_is_iso9660(const struct probe_super *s);

/* HFS+ or HFSX; not one that is wrapped in an HFS volume. */
bool probe_is_hfsplus(const struct probe_super *s);
bool probe_is_apfs(const struct probe_super *s);

#endif
