/* SPDX-License-Identifier: MIT */
/* Bytes that came from outside, made fit for people, for terminals and for JSON. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Write bytes to out with backslash, control characters and bytes that are not UTF-8 escaped
 * as \\ \n \t and \xHH, so that a name can neither drive a terminal nor break a line. */
void text_put_escaped(FILE *out, const char *bytes, size_t len);

/* The same into a buffer, always NUL-terminated, cut (with "...") if it does not fit. */
void text_escape(char *buffer, size_t size, const char *bytes, size_t len);

/* The same of a string, for a message: buffer, which is also returned. */
enum { TEXT_SHOWN_BYTES = 512 };
const char *text_shown(char buffer[TEXT_SHOWN_BYTES], const char *text);

/* Write a JSON string with its quotes (RFC 8259).  A byte that is not UTF-8 becomes the lone
 * surrogate \udcXX, as Python's surrogateescape does, so that nothing is lost. */
void text_put_json(FILE *out, const char *bytes, size_t len);

/* The value of a hexadecimal digit in either case; -1 if it is none. */
int text_hex_digit(char c);

/* "512B", "4.0K", "1.5G" ...: powers of 1024, rounded up, as `ls -h` has it. */
void text_size(char buffer[8], uint64_t bytes);

#endif
