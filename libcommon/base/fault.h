/* SPDX-License-Identifier: MIT */
/* How a library function says what went wrong, and what it noticed on the way. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

/*
 * Every function that can fail returns 0 or one of these negative codes, and describes the failure
 * in the caller's struct fault.  The library never prints and never exits.  A code is the negated
 * exit status of a command that stops because of it, except FAULT_READER_GONE (status 0).
 */
enum fault_code {
    FAULT_NONE = 0,
    FAULT_SYSTEM = -1,       /* input/output or system failure */
    FAULT_USAGE = -2,        /* what the user asked for makes no sense for this input */
    FAULT_DAMAGED = -3,      /* the input is damaged or malformed */
    FAULT_UNSUPPORTED = -4,  /* the input uses a feature that is not supported (named) */
    FAULT_READER_GONE = -64, /* whoever read our output has closed it: stop quietly */
};

/*
 * One failure.  Owned by the caller, who need not initialise it: its content is defined only after
 * a function that was given it returned a code other than 0.
 */
struct fault {
    enum fault_code code;
    char subject[1024]; /* the file it is about, or empty: the command's operand */
    char text[1024];    /* what is wrong, where, with the numbers; no newline */
};

/* Fill *f (subject empty) and return code, so that `return fault_set(...)` reads naturally. */
int fault_set(struct fault *f, enum fault_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call: FAULT_SYSTEM, with ": " and strerror(errnum) appended.
 * EPIPE becomes FAULT_READER_GONE. */
int fault_errno(struct fault *f, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* FAULT_SYSTEM "out of memory (N bytes for WHAT)". */
int fault_memory(struct fault *f, const char *what, unsigned long long bytes);

/* Name the file a fault is about, unless a layer below has done so; returns f->code. */
int fault_about(struct fault *f, const char *subject);

/* Put "CONTEXT: " before the text of a fault; returns f->code. */
int fault_prefix(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Things worth telling that do not stop the work.  NOTICE_INFO leaves the exit status alone, and
 * --quiet hides it; NOTICE_WARNING leaves it alone, too, but what is read may be wrong, so that it
 * is always told; NOTICE_LOSS means damage was worked around or something could not be carried:
 * status 5.
 */
enum notice_kind { NOTICE_INFO, NOTICE_WARNING, NOTICE_LOSS };

struct notices {
    void (*say)(void *context, enum notice_kind kind, const char *subject, const char *text);
    void *context;
};

/* Tell of something; a NULL n hears nothing.  A NULL or empty subject is the command's operand. */
void notice(const struct notices *n, enum notice_kind kind, const char *subject, const char *fmt,
            ...) __attribute__((format(printf, 4, 5)));

#endif
