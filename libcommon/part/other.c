/* SPDX-License-Identifier: MIT */
/* Partition tables that are not read, to be named. */
#include "part/other.h"

#include <stdbool.h>

#include "base/bytes.h"

enum { BLOCK = MBR_BYTES };

/* Is there a block at this offset, and does it start with a big-endian mark? */
static int has_mark(const struct part_input *in, uint64_t offset, uint16_t mark, bool *has,
                    struct fault *f)
{
    uint8_t block[BLOCK];
    int code = part_input_read(in, offset, block, sizeof(block), "a partition table", f);

    *has = code == 0 && be16_at(block) == mark;
    return code == FAULT_DAMAGED ? 0 : code;
}

/*
 * Inside Macintosh: Devices, chapter 3: sbSig and sbBlkSize of the driver descriptor map in block
 * 0; from block 1 on the partition map, each of whose entries starts with pmSig.  Discs with blocks
 * of 2048 bytes have their map in blocks of 512 as well.
 */
static int is_apple(const struct part_input *in, const uint8_t sector[BLOCK], bool *is,
                    struct fault *f)
{
    enum { SB_SIG = 0x4552, PM_SIG = 0x504d };
    uint16_t block_size = be16_at(sector + 2);

    *is = false;
    if (be16_at(sector) != SB_SIG)
        return 0;
    if (has_mark(in, BLOCK, PM_SIG, is, f) < 0)
        return f->code;
    return *is || block_size < BLOCK ? 0 : has_mark(in, block_size, PM_SIG, is, f);
}

/* FreeBSD's disklabel.h: d_magic, d_magic2, d_npartitions, and d_checksum, with which all 16-bit
 * words up to the last partition's end have an exclusive or of zero. */
static bool is_disklabel(const uint8_t *label)
{
    enum { D_MAGIC2 = 132, D_NPARTITIONS = 138, D_PARTITIONS = 148, PARTITION_BYTES = 16 };
    enum { PARTITIONS_MAX = 22 };
    bool little = le32_at(label) == 0x82564557 && le32_at(label + D_MAGIC2) == 0x82564557;
    bool big = be32_at(label) == 0x82564557 && be32_at(label + D_MAGIC2) == 0x82564557;
    unsigned count = little ? le16_at(label + D_NPARTITIONS) : be16_at(label + D_NPARTITIONS);
    unsigned sum = 0;

    if ((!little && !big) || count > PARTITIONS_MAX)
        return false;
    for (unsigned i = 0; i < D_PARTITIONS + count * PARTITION_BYTES; i += 2)
        sum ^= le16_at(label + i);
    return sum == 0;
}

/* In sector 1 on most machines, behind the first bytes of sector 0 on some. */
static int is_bsd(const struct part_input *in, bool *is, struct fault *f)
{
    enum { LABEL_OFFSET = 64 };
    uint8_t start[2 * BLOCK];
    int code = part_input_read(in, 0, start, sizeof(start), "a partition table", f);

    *is = code == 0 && (is_disklabel(start + BLOCK) || is_disklabel(start + LABEL_OFFSET));
    return code == FAULT_DAMAGED ? 0 : code;
}

/* Solaris' dklabel.h: dkl_magic, and dkl_cksum, with which all 16-bit words have an exclusive or of
 * zero. */
static bool is_sun(const uint8_t sector[BLOCK])
{
    enum { DKL_MAGIC = 508 };
    unsigned sum = 0;

    for (unsigned i = 0; i < BLOCK; i += 2)
        sum ^= be16_at(sector + i);
    return be16_at(sector + DKL_MAGIC) == 0xdabe && sum == 0;
}

/* IRIX' dvh.h: vh_magic, and vh_csum, with which the sum of all 32-bit words is zero. */
static bool is_sgi(const uint8_t sector[BLOCK])
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < BLOCK; i += 4)
        sum += be32_at(sector + i);
    return be32_at(sector) == 0x0be5a941 && sum == 0;
}

int other_find(const struct part_input *in, const uint8_t sector[BLOCK], const char **name,
               struct fault *f)
{
    bool apple, bsd;

    if (is_apple(in, sector, &apple, f) < 0 || is_bsd(in, &bsd, f) < 0)
        return f->code;
    if (apple)
        *name = "an Apple partition map";
    else if (is_sun(sector))
        *name = "a Sun disk label";
    else if (is_sgi(sector))
        *name = "an SGI disk label";
    else
        *name = bsd ? "a BSD disklabel" : NULL;
    return 0;
}
