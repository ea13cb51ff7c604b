/* SPDX-License-Identifier: MIT */
/* Partition tables: what GPT and MBR disks say about where their partitions are. */
#ifndef PART_PART_H
#define PART_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "io/source.h"
#include "part/guid.h"

enum part_kind { PART_GPT, PART_MBR };

/* GPT's PartitionName is 36 UTF-16 units, each at most 3 bytes of UTF-8, and a NUL. */
enum { PART_NAME_BYTES = 36 * 3 + 1 };

/* Attributes of a GPT entry (UEFI 2.10, table 5-8); bits 48 to 63 are the partition type's own. */
#define PART_ATTR_REQUIRED         (UINT64_C(1) << 0)
#define PART_ATTR_NO_BLOCK_IO      (UINT64_C(1) << 1)
#define PART_ATTR_LEGACY_BOOTABLE  (UINT64_C(1) << 2)
#define PART_ATTR_TYPE_SPECIFIC_AT 48

/* What is wrong with an entry: bits. */
enum part_defect {
    PART_REVERSED = 1 << 0, /* it ends before it starts */
    PART_PAST_END = 1 << 1, /* it passes the end of the disk, as far as that is known */
    PART_OUTSIDE = 1 << 2,  /* of GPT's usable range; a logical one: of the extended partition */
    PART_OVERLAPS = 1 << 3, /* another partition; a logical one also: its own boot record */
};

/* One partition.  The fields of the other kind of table are zero. */
struct part_entry {
    unsigned number;            /* from 1, as Linux and sfdisk count; MBR's logical ones from 5 */
    unsigned defects;           /* bits of enum part_defect; with none, all its bytes are there */
    uint64_t first_lba;         /* as the table says, whatever the defects are: sectors from the */
    uint64_t last_lba;          /* start of the disk, the last one inclusive */
    uint64_t start;             /* bytes from the start of the disk */
    uint64_t length;            /* bytes; both are 0 if it is reversed or passes 2^64 bytes */
    struct guid type_guid;      /* GPT */
    struct guid uuid;           /* GPT */
    uint64_t attributes;        /* GPT */
    char name[PART_NAME_BYTES]; /* GPT: UTF-8, lone surrogates as U+FFFD; may hold controls */
    uint8_t type_byte;          /* MBR */
    bool bootable;              /* MBR: BootIndicator is 0x80 */
    bool extended;              /* MBR: holds the logical partitions rather than data */
};

/* A table that was checked; of its entries each says what is wrong with it. */
struct part_table {
    enum part_kind kind;
    uint32_t sector_size;       /* bytes: 512, 1024, 2048 or 4096 */
    struct guid disk_guid;      /* GPT */
    uint64_t first_usable_lba;  /* GPT */
    uint64_t last_usable_lba;   /* GPT */
    uint32_t entry_room;        /* GPT: NumberOfPartitionEntries, used or not */
    uint32_t disk_signature;    /* MBR */
    bool is_cut;                /* MBR: its logical partitions are not all known */
    struct part_entry *entries; /* in order of their numbers */
    size_t count;
};

/* How a table is to be read; zero is the default. */
struct part_options {
    uint32_t sector_size; /* bytes, a power of two from 512 to 4096; 0: see part_read */
};

/* Enough for part_format_type, _uuid and _id. */
enum { PART_ID_BYTES = GUID_TEXT_BYTES };

/*
 * Read the table of a disk (UEFI 2.10, sections 5.2 and 5.3).
 *
 * Without options (NULL is allowed) that say otherwise a GPT has sectors of 512 or 4096 bytes,
 * whichever the header is found at, and an MBR, which does not say, of 512, as nearly all of them.
 * A damaged primary GPT is replaced by the backup (NOTICE_LOSS); a damaged or misplaced backup is
 * told of (NOTICE_INFO) where it can be seen without reading a pipe.  Of a pipe no more is read
 * than the table needs, except that the backup GPT is at its end.  The disk is borrowed.
 *
 * An entry with defects is kept and told of (NOTICE_LOSS); so is the number from which on logical
 * partitions are not known where their chain is damaged.  FAULT_DAMAGED: no table, or none whose
 * checksums are right.  FAULT_UNSUPPORTED: a table of another kind, named.  Memory is bounded by
 * the GPT's entries, GPT_ARRAY_MAX bytes on disk.
 */
int part_read(struct source *disk, const struct part_options *options,
              const struct notices *notices, struct part_table **out, struct fault *f);

/* NULL is allowed. */
void part_table_free(struct part_table *t);

/* Is this a selector at all?  FAULT_USAGE if not.  What it selects is not looked at. */
int part_selector_check(const char *selector, struct fault *f);

/*
 * The one partition that a selector means: a number, `label=NAME`, `uuid=UUID` (of MBR the kernel's
 * form, `SIGNATURE-NN`), `type=` with a GUID, 0xNN or a name or alias of part/types.h, or
 * `largest` (extended ones do not count).  None (FAULT_DAMAGED of a table that is cut) or several
 * are FAULT_USAGE, candidates listed; one that is reversed or passes the end of the disk is
 * FAULT_DAMAGED.
 */
int part_select(const struct part_table *t, const char *selector, const struct part_entry **out,
                struct fault *f);

/* All partitions in a line for a message, as far as they fit: `1 (EFI System, 512M, "boot"), ...`.
 */
void part_list(const struct part_table *t, char *text, size_t size);

/* The type as sfdisk prints it ("83", or a GUID), the partition's UUID, and the disk's identity. */
void part_format_type(const struct part_table *t, const struct part_entry *e,
                      char text[PART_ID_BYTES]);
void part_format_uuid(const struct part_table *t, const struct part_entry *e,
                      char text[PART_ID_BYTES]);
void part_format_id(const struct part_table *t, char text[PART_ID_BYTES]);

/* The name of its type, or NULL if it is not known. */
const char *part_type_name(const struct part_table *t, const struct part_entry *e);

/* The defect of a bit (0 and up) in a word: "reversed", "past-end", "outside", "overlaps"; NULL
 * past the last one. */
const char *part_defect_word(unsigned bit);

#endif
