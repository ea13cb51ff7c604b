/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4), computed by libcrypto. */
#include "base/digest.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

struct sha256 {
    EVP_MD_CTX *context;
    EVP_MD *method; /* fetched once: an implicit fetch at every reset is dear */
};

/* libcrypto's digest calls fail only when memory is out or no provider is loaded; both are found
 * when the context is opened, and later failures cannot be answered with a wrong digest. */
static void must(int ok)
{
    if (!ok)
        abort();
}

/* To be called before anything else of libcrypto.  Left to itself it reads its configuration file
 * and names all its algorithms at the first digest, which takes longer than hashing a megabyte. */
static void start_libcrypto(void)
{
    must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                                 OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
                             NULL));
}

int sha256_open(struct sha256 **out, struct fault *f)
{
    struct sha256 *s = calloc(1, sizeof(*s));

    start_libcrypto();
    if (!s)
        return fault_memory(f, "a SHA-256 state", sizeof(*s));
    s->method = EVP_MD_fetch(NULL, "SHA256", NULL);
    s->context = EVP_MD_CTX_new();
    if (!s->method || !s->context || !EVP_DigestInit_ex2(s->context, s->method, NULL)) {
        sha256_close(s);
        return fault_set(f, FAULT_SYSTEM, "libcrypto offers no SHA-256");
    }
    *out = s;
    return 0;
}

void sha256_reset(struct sha256 *s)
{
    must(EVP_DigestInit_ex2(s->context, s->method, NULL));
}

void sha256_update(struct sha256 *s, const void *data, size_t len)
{
    must(EVP_DigestUpdate(s->context, data, len));
}

void sha256_finish(struct sha256 *s, uint8_t digest[SHA256_BYTES])
{
    must(EVP_DigestFinal_ex(s->context, digest, NULL));
    sha256_reset(s);
}

void sha256_close(struct sha256 *s)
{
    if (!s)
        return;
    EVP_MD_CTX_free(s->context);
    EVP_MD_free(s->method);
    free(s);
}

void sha256_of(const void *data, size_t len, uint8_t digest[SHA256_BYTES])
{
    start_libcrypto();
    must(EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL));
}

void sha256_hex(const uint8_t digest[SHA256_BYTES], char hex[SHA256_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < SHA256_BYTES; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[SHA256_HEX_BYTES - 1] = '\0';
}
