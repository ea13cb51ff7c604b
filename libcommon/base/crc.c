/* SPDX-License-Identifier: MIT */
/* The cyclic redundancy checks that disk formats use. */
#include "base/crc.h"

#include <stdbool.h>
#include <string.h>

#include <zlib.h>

#if defined(__x86_64__) && !defined(ENGRAM_PORTABLE)
#include <nmmintrin.h>
#define HAVE_SSE42_CRC32 1
#else
#define HAVE_SSE42_CRC32 0
#endif

/* One step of a reflected CRC for a nibble: small tables that fit in two cache lines; the hot
 * case, CRC-32C, has the processor's instruction. */
static const uint32_t crc32c_nibble[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t crc32c_by_table(uint32_t crc, const uint8_t *p, size_t len)
{
    for (; len; len--) {
        crc ^= *p++;
        crc = crc >> 4 ^ crc32c_nibble[crc & 15];
        crc = crc >> 4 ^ crc32c_nibble[crc & 15];
    }
    return crc;
}

#if HAVE_SSE42_CRC32
__attribute__((target("sse4.2"))) static uint32_t crc32c_by_sse42(uint32_t crc, const uint8_t *p,
                                                                  size_t len)
{
    uint64_t wide = crc;

    for (; len >= 8; len -= 8, p += 8) {
        uint64_t word;

        memcpy(&word, p, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = (uint32_t)wide;
    for (; len; len--)
        crc = _mm_crc32_u8(crc, *p++);
    return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
#if HAVE_SSE42_CRC32
    if (__builtin_cpu_supports("sse4.2"))
        return crc32c_by_sse42(crc, data, len);
#endif
    return crc32c_by_table(crc, data, len);
}

uint16_t crc16(uint16_t crc, const void *data, size_t len)
{
    static const uint16_t nibble[16] = {
        0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401,
        0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400,
    };
    const uint8_t *p = data;

    for (; len; len--) {
        crc = (uint16_t)(crc ^ *p++);
        crc = (uint16_t)(crc >> 4 ^ nibble[crc & 15]);
        crc = (uint16_t)(crc >> 4 ^ nibble[crc & 15]);
    }
    return crc;
}

uint32_t crc32_be(uint32_t crc, const void *data, size_t len)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b,
        0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
        0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd,
    };
    const uint8_t *p = data;

    for (; len; len--) {
        crc ^= (uint32_t)*p++ << 24;
        crc = crc << 4 ^ nibble[crc >> 28];
        crc = crc << 4 ^ nibble[crc >> 28];
    }
    return crc;
}

uint32_t crc32_of(const void *data, size_t len)
{
    return (uint32_t)crc32_z(0, data, len);
}
