/* SPDX-License-Identifier: MIT */
/* Entries as commands print them: for people, and as JSON. */
#ifndef MANIFEST_SHOW_H
#define MANIFEST_SHOW_H

#include <stdio.h>

#include "manifest/entry.h"

/*
 * One line without its newline, as `ls -ln` would: mode, owner, group, size or device numbers,
 * mtime in UTC, path, and where a link leads.  Bytes that are no text are escaped
 * (text_put_escaped). `inode` is e itself, or for a hard link the entry of its first name.
 */
void show_long(FILE *out, const struct entry *e, const struct entry *inode);

/*
 * One JSON object without a newline: the fields of manifest(5) by their keys; numbers as numbers,
 * but mode (octal) and times (SECONDS.NNNNNNNNN) as strings, which loses nothing; xattr as an
 * object of hexadecimal strings; data, the bytes of a file that are no hole.  sha256 is
 * hexadecimal, or NULL.
 */
void show_json(FILE *out, const struct entry *e, const char *sha256);

/* Parts of these.  A time in UTC, with its nanoseconds unless they are 0; and in JSON as above. */
void show_time(FILE *out, const struct entry_time *t);
void show_json_time(FILE *out, const struct entry_time *t);

/* A member of the object xattr: "NAME": "HEX". */
void show_json_xattr(FILE *out, const struct entry_xattr *x);

#endif
