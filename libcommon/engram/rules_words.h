/* SPDX-License-Identifier: MIT */
/* The lines and words of a rules file, and faults that say where in it they are. */
#ifndef ENGRAM_RULES_WORDS_H
#define ENGRAM_RULES_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

/* Bytes of a line, without its newline. */
enum { RULES_LINE_MAX = 4096 };

/* Where the reading is.  The text is borrowed, and so are the words. */
struct rules_words {
    const char *line_start, *line_end; /* of the line; its newline is at line_end */
    const char *at;                    /* in it */
    const char *text_end;
    unsigned line; /* from 1; 0: before the first */
};

/* A word as it stands there, its backslashes in it. */
struct rules_word {
    const char *at;
    size_t length;
};

void rules_words_start(struct rules_words *w, const char *text, size_t length);

/* Go to the start of the next line; *more false after the last: the place is then the end of the
 * text, as a line without words.  A line that is too long, or has a
 * NUL byte in it, is FAULT_USAGE. */
int rules_words_line(struct rules_words *w, bool *more, struct fault *f);

/* The line's next word.  False if it has no more, or a comment comes: *word is then the empty one
 * that stands there. */
bool rules_words_next(struct rules_words *w, struct rules_word *word);

bool rules_word_is(const struct rules_word *word, const char *text);

/* FAULT_USAGE "line L, column C: TEXT", where the word of this line starts; columns are counted in
 * bytes, from 1. */
int rules_words_fault(const struct rules_words *w, const struct rules_word *word, struct fault *f,
                      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Fit for a message; the buffer is also returned. */
enum { RULES_SHOWN_BYTES = 200 };
const char *rules_word_shown(char buffer[RULES_SHOWN_BYTES], const struct rules_word *word);

#endif
