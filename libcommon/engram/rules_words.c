/* SPDX-License-Identifier: MIT */
/* The lines and words of a rules file, and faults that say where in it they are. */
#include "engram/rules_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void rules_words_start(struct rules_words *w, const char *text, size_t length)
{
    *w = (struct rules_words){
        .line_start = text, .line_end = text, .at = text, .text_end = text + length};
}

static int check_line(const struct rules_words *w, struct fault *f)
{
    size_t length = (size_t)(w->line_end - w->line_start);
    struct rules_word bad = {memchr(w->line_start, '\0', length), 1};

    if (bad.at)
        return rules_words_fault(w, &bad, f, "a NUL byte, which no rules file has");
    bad.at = w->line_start + RULES_LINE_MAX;
    if (length > RULES_LINE_MAX)
        return rules_words_fault(w, &bad, f, "a line has %d bytes at most, this one has %zu",
                                 RULES_LINE_MAX, length);
    return 0;
}

int rules_words_line(struct rules_words *w, bool *more, struct fault *f)
{
    const char *start = w->line_end, *end;

    w->line++;
    if (w->line > 1 && start < w->text_end)
        start++; /* past the newline of the line before */
    w->line_start = w->line_end = w->at = start;
    *more = start < w->text_end;
    if (!*more)
        return 0;
    end = memchr(start, '\n', (size_t)(w->text_end - start));
    w->line_end = end ? end : w->text_end;
    return check_line(w, f);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool rules_words_next(struct rules_words *w, struct rules_word *word)
{
    const char *p = w->at;

    while (p < w->line_end && is_blank(*p))
        p++;
    *word = (struct rules_word){p, 0};
    if (p < w->line_end && *p != '#') {
        while (p < w->line_end && !is_blank(*p)) {
            if (*p == '\\' && p + 1 < w->line_end)
                p++;
            p++;
        }
    }
    word->length = (size_t)(p - word->at);
    w->at = p;
    return word->length > 0;
}

bool rules_word_is(const struct rules_word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

int rules_words_fault(const struct rules_words *w, const struct rules_word *word, struct fault *f,
                      const char *fmt, ...)
{
    char text[sizeof(f->text)];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    fault_set(f, FAULT_USAGE, "%s", text);
    return fault_prefix(f, "line %u, column %zu", w->line, (size_t)(word->at - w->line_start) + 1);
}

const char *rules_word_shown(char buffer[RULES_SHOWN_BYTES], const struct rules_word *word)
{
    text_escape(buffer, RULES_SHOWN_BYTES, word->at, word->length);
    return buffer;
}
