/* SPDX-License-Identifier: MIT */
/* The cyclic redundancy checks that disk formats use. */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/*
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78) of len bytes, continuing from crc.  Neither
 * the start value nor the result is inverted: that is the caller's format's business (ext4 starts
 * from ~0 and does not invert).  Any thread.
 */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

/* CRC-16 (reflected polynomial 0xa001, as ext4's gdt_csum uses), not inverted.  Any thread. */
uint16_t crc16(uint16_t crc, const void *data, size_t len);

/* CRC-32 with the polynomial 0x04c11db7, most significant bit first and not inverted, continuing
 * from crc: what the first kind of journal checksums uses.  Any thread. */
uint32_t crc32_be(uint32_t crc, const void *data, size_t len);

/* CRC-32 (ISO-HDLC, reflected 0xedb88320) as GPT defines it: of one piece of memory, inverted at
 * both ends.  Computed by zlib.  Any thread. */
uint32_t crc32_of(const void *data, size_t len);

#endif
