/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4), computed by libcrypto. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum { SHA256_BYTES = 32, SHA256_HEX_BYTES = 65 };

struct sha256;

/* A new computation; the caller frees it.  One thread at a time. */
int sha256_open(struct sha256 **out, struct fault *f);

/* Start anew. */
void sha256_reset(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t len);

/* The digest of everything since the last reset; the computation then stands reset. */
void sha256_finish(struct sha256 *s, uint8_t digest[SHA256_BYTES]);

/* NULL is allowed. */
void sha256_close(struct sha256 *s);

/* The digest of one piece of memory.  Any thread. */
void sha256_of(const void *data, size_t len, uint8_t digest[SHA256_BYTES]);

/* Lower-case hexadecimal with its final NUL. */
void sha256_hex(const uint8_t digest[SHA256_BYTES], char hex[SHA256_HEX_BYTES]);

#endif
