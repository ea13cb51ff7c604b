/* SPDX-License-Identifier: MIT */
/* The digests of an engram's files, as sha256sum prints them. */
#include "shared/sha256line.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/text.h"

static int hash(void *context, const void *bytes, size_t length, struct fault *f)
{
    (void)f;
    sha256_update(context, bytes, length);
    return 0;
}

/* The digest of all bytes of the file, holes too. */
static int read_digest(struct engram *g, const struct engram_item *file,
                       uint8_t digest[SHA256_BYTES], struct fault *f)
{
    const struct sink_callbacks callbacks = {.data = hash};
    struct sha256 *whole;
    struct sink *to = NULL;
    int rc = sha256_open(&whole, f);

    if (rc < 0)
        return rc;
    rc = sink_to_callback(&callbacks, whole, &to, f);
    if (rc == 0)
        rc = engram_read_file(g, file, to, f);
    if (rc == 0)
        rc = sink_finish(to, f);
    if (rc == 0)
        sha256_finish(whole, digest);
    sink_close(to);
    sha256_close(whole);
    return rc;
}

/* What sha256sum escapes: what would end a line, and the sign that it does so by. */
static void put_name(const char *name)
{
    for (; *name; name++) {
        if (*name == '\n')
            fputs("\\n", stdout);
        else if (*name == '\r')
            fputs("\\r", stdout);
        else if (*name == '\\')
            fputs("\\\\", stdout);
        else
            putchar(*name);
    }
}

int sha256line_print(struct engram *g, const char *path, const struct engram_item *file, bool null,
                     struct fault *f)
{
    uint8_t digest[SHA256_BYTES];
    char hex[SHA256_HEX_BYTES];
    const char *name = path + 1;

    memcpy(digest, file->sha256, SHA256_BYTES);
    if (entry_data_bytes(&file->entry) != file->entry.size && read_digest(g, file, digest, f) < 0)
        return f->code;
    sha256_hex(digest, hex);
    if (null) {
        printf("%s  %s%c", hex, name, '\0');
    } else if (isatty(STDOUT_FILENO)) {
        printf("%s  ", hex);
        text_put_escaped(stdout, name, strlen(name));
        putchar('\n');
    } else {
        printf("%s%s  ", strpbrk(name, "\n\r\\") ? "\\" : "", hex);
        put_name(name);
        putchar('\n');
    }
    return 0;
}
