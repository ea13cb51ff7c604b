/* SPDX-License-Identifier: MIT */
/* How a library function says what went wrong, and what it noticed on the way. */
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int fault_set(struct fault *f, enum fault_code code, const char *fmt, ...)
{
    va_list args;

    f->code = code;
    f->subject[0] = '\0';
    va_start(args, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, args);
    va_end(args);
    return code;
}

int fault_errno(struct fault *f, int errnum, const char *fmt, ...)
{
    va_list args;
    size_t used;

    f->code = errnum == EPIPE ? FAULT_READER_GONE : FAULT_SYSTEM;
    f->subject[0] = '\0';
    va_start(args, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, args);
    va_end(args);
    used = strlen(f->text);
    snprintf(f->text + used, sizeof(f->text) - used, ": %s", strerror(errnum));
    return f->code;
}

int fault_memory(struct fault *f, const char *what, unsigned long long bytes)
{
    return fault_set(f, FAULT_SYSTEM, "out of memory (%llu bytes for %s)", bytes, what);
}

int fault_about(struct fault *f, const char *subject)
{
    if (f->subject[0] == '\0')
        snprintf(f->subject, sizeof(f->subject), "%s", subject);
    return f->code;
}

int fault_prefix(struct fault *f, const char *fmt, ...)
{
    char text[sizeof(f->text)];
    va_list args;
    size_t used;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    used = strlen(text);
    snprintf(text + used, sizeof(text) - used, ": %s", f->text);
    memcpy(f->text, text, sizeof(text));
    return f->code;
}

void notice(const struct notices *n, enum notice_kind kind, const char *subject, const char *fmt,
            ...)
{
    char text[2 * TEXT_SHOWN_BYTES + 256]; /* two names from the input, and what is said of them */
    va_list args;

    if (!n)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    n->say(n->context, kind, subject ? subject : "", text);
}
