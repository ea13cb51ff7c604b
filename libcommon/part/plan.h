/* SPDX-License-Identifier: MIT */
/* What a partitioned disk is to be: the partitions that are wished for, before they have places. */
#ifndef PART_PLAN_H
#define PART_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "part/part.h"
#include "part/type_word.h"

/* A number that was not given. */
#define PART_ANY UINT64_MAX

enum {
    PART_GRAIN_BYTES = 1 << 20, /* what partitions are aligned to unless the plan says otherwise */
    PART_ENTRIES_MAX = 1 << 15, /* what is read of a GPT, too */
};

/* One partition that is wished for. */
struct part_wish {
    unsigned number; /* 0: the next that is free */
    uint64_t start;  /* sector, or PART_ANY: the next aligned one behind all before it */
    uint64_t size;   /* sectors, or PART_ANY: those of its content or, without one, all there are */
    uint64_t content; /* bytes that will be put into it, or PART_ANY: none, or not yet known */
    const char *content_name; /* for messages; borrowed, or NULL */
    bool has_type;            /* otherwise it is that of Linux file systems */
    struct part_type type;
    bool bootable;              /* MBR: BootIndicator; GPT: PART_ATTR_LEGACY_BOOTABLE */
    bool has_uuid;              /* GPT; otherwise part_plan_identify makes one */
    struct guid uuid;           /* GPT */
    uint64_t attributes;        /* GPT */
    char name[PART_NAME_BYTES]; /* GPT: UTF-8 that fits in 36 units of UTF-16 */
    /* MBR, set by part_plan_lay_out: is it inside the extended partition, or that one itself? Where
     * a logical partition's boot record lies. */
    bool logical, extended;
    uint64_t ebr; /* sector */
};

struct part_plan {
    enum part_kind kind;
    uint32_t sector_size;    /* bytes: 512 or 4096 */
    uint64_t grain;          /* bytes, a power of two from sector_size on */
    uint64_t sectors;        /* of the disk, or PART_ANY: as many as it takes */
    uint64_t first_lba;      /* GPT: FirstUsableLBA, or PART_ANY: the first that can be */
    uint64_t last_lba;       /* GPT: LastUsableLBA, or PART_ANY: the last that can be */
    uint32_t entry_room;     /* GPT: NumberOfPartitionEntries; 0: 128, or more if it takes them */
    bool has_id;             /* otherwise part_plan_identify makes one */
    struct guid disk_guid;   /* GPT */
    uint32_t disk_signature; /* MBR */
    struct part_wish *wishes;
    size_t count, room;
};

/* A plan without wishes for GPT with sectors of 512 bytes.  part_plan_free frees what it owns. */
void part_plan_start(struct part_plan *p);
void part_plan_free(struct part_plan *p);

/* One more wish, in which nothing is wished for; valid until the next one is added. */
int part_plan_add(struct part_plan *p, struct part_wish **out, struct fault *f);

/*
 * Understand the fields of one partition as sfdisk(8) has them in its scripts: `start=`, `size=`,
 * `type=`, `uuid=`, `name=`, `attrs=` and `bootable`, with commas or blanks between; values may be
 * in double quotes, with \xHH for a byte.  Sizes and starts are sectors, or bytes with a unit
 * (base/size.h), rounded up to sectors.  FAULT_USAGE says what is wrong with which field.
 */
int part_wish_parse(const struct part_plan *p, const char *fields, struct part_wish *wish,
                    struct fault *f);

/*
 * Add what a script says, as sfdisk reads it (but for fractions, hexadecimal sizes, and the empty
 * entries of its oldest dumps) and part_show_script writes it.  It replaces what the plan said of
 * the same things, `kind` too.  FAULT_DAMAGED names the line.
 */
int part_plan_read_script(struct part_plan *p, const char *script, size_t length, struct fault *f);

/*
 * Give every partition its number, start and size, and the disk its size, so that no PART_ANY is
 * left.  In an MBR more than four partitions become three and logical ones in an extended one,
 * which is added to the wishes at their end; those after an extended one that was wished for are
 * logical, too.  FAULT_USAGE: they overlap, do not fit, hold less than their content ...
 */
int part_plan_lay_out(struct part_plan *p, struct fault *f);

/*
 * Make the identifiers that are not given, of the disk and of each partition of a plan that is laid
 * out: from the seed or, if that is NULL, from all that the plan says, always the same ones.  The
 * same UUID twice is FAULT_USAGE.
 */
int part_plan_identify(struct part_plan *p, const char *seed, struct fault *f);

/* Bytes at a place of the disk. */
struct part_piece {
    uint64_t offset; /* bytes */
    size_t length;   /* bytes, whole sectors */
    uint8_t *bytes;
};

struct part_pieces {
    struct part_piece *pieces; /* in order of their offsets */
    size_t count, room;
};

/* Boot code ends where the disk signature starts (UEFI 2.10, table 5-1). */
enum { PART_BOOT_CODE_MAX = 440 };

/*
 * The table as it is to stand on the disk (UEFI 2.10, sections 5.2 and 5.3) of a plan that is laid
 * out and identified, with code_length bytes of boot code before it.  Freed by part_pieces_free,
 * also after a failure, which is only memory that is short.
 */
int part_plan_encode(const struct part_plan *p, const uint8_t *boot_code, size_t code_length,
                     struct part_pieces *out, struct fault *f);
void part_pieces_free(struct part_pieces *p);

#endif
