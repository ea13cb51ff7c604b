/* SPDX-License-Identifier: MIT */
/* Entries of an engram on standard output, in the form that was asked for. */
#include "shared/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "manifest/show.h"
#include "shared/sha256line.h"

/* The entry that has the metadata: of a hard link that of its first name. */
static int find_inode(struct listing *l, const struct engram_item **inode, struct fault *f)
{
    char shown[TEXT_SHOWN_BYTES];

    *inode = &l->item;
    if (l->item.entry.type != ENTRY_HARD_LINK)
        return 0;
    *inode = &l->first;
    if (engram_find_linked(l->engram, l->item.entry.link, &l->first, f) < 0)
        return fault_prefix(f, "%s", text_shown(shown, l->item.entry.path));
    return 0;
}

static int print_long(struct listing *l, struct fault *f)
{
    const struct engram_item *inode;

    if (find_inode(l, &inode, f) < 0)
        return f->code;
    show_long(stdout, &l->item.entry, &inode->entry);
    putchar('\n');
    return 0;
}

static void print_json(const struct engram_item *item)
{
    char hex[SHA256_HEX_BYTES];

    if (item->entry.type == ENTRY_FILE)
        sha256_hex(item->sha256, hex);
    show_json(stdout, &item->entry, item->entry.type == ENTRY_FILE ? hex : NULL);
    putchar('\n');
}

static void print_path(const char *path, bool null)
{
    if (null) {
        fwrite(path, 1, strlen(path) + 1, stdout);
    } else {
        text_put_escaped(stdout, path, strlen(path));
        putchar('\n');
    }
}

/* Nothing for what is no file. */
static int print_sha256(struct listing *l, struct fault *f)
{
    const struct engram_item *inode;

    if (find_inode(l, &inode, f) < 0)
        return f->code;
    if (inode->entry.type != ENTRY_FILE)
        return 0;
    return sha256line_print(l->engram, l->item.entry.path, inode, l->null, f);
}

int listing_print(struct listing *l, struct fault *f)
{
    int rc = 0;

    if (l->form == LISTING_JSON)
        print_json(&l->item);
    else if (l->form == LISTING_SHA256)
        rc = print_sha256(l, f);
    else if (l->form == LISTING_LONG)
        rc = print_long(l, f);
    else
        print_path(l->item.entry.path, l->null);
    if (rc < 0)
        return rc;
    if (!ferror(stdout))
        return 0;
    fault_errno(f, errno, "write failed");
    return fault_about(f, "standard output");
}

void listing_free(struct listing *l)
{
    engram_item_free(&l->item);
    engram_item_free(&l->first);
}
