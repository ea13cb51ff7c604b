/* SPDX-License-Identifier: MIT */
/* The settings of a `profile` line of a rules file. */
#include "engram/rules_settings.h"

#include <string.h>

#include "base/checked.h"
#include "base/size.h"
#include "engram/frame.h"

enum setting { LEVEL, STORE, BLOCK, WINDOW, LONG, SETTING_COUNT };

/* As they start; what takes a value ends with '='. */
static const char *const starts[SETTING_COUNT] = {
    [LEVEL] = "level=",   [STORE] = "store", [BLOCK] = "block=",
    [WINDOW] = "window=", [LONG] = "long=",
};

struct line {
    struct rules_words *words;
    struct profile_settings *settings;
    struct rules_word given[SETTING_COUNT]; /* at NULL: not given */
};

static int refuse(const struct line *l, enum setting i, const char *why, struct fault *f)
{
    char shown[RULES_SHOWN_BYTES];

    return rules_words_fault(l->words, &l->given[i], f, "'%s': %s",
                             rules_word_shown(shown, &l->given[i]), why);
}

/* The value as a string; what is longer than the buffer is right for no setting. */
static const char *value_of(const struct line *l, enum setting i, char buffer[32])
{
    const struct rules_word *word = &l->given[i];
    size_t start = strlen(starts[i]), length = word->length - start;

    if (length >= 32)
        return "";
    memcpy(buffer, word->at + start, length);
    buffer[length] = '\0';
    return buffer;
}

static int set_level(struct line *l, struct fault *f)
{
    char buffer[32];
    const char *text = value_of(l, LEVEL, buffer);
    bool negative = *text == '-', has_unit;
    uint64_t n;

    if (!size_parse(text + negative, &n, &has_unit) || has_unit ||
        n > (uint64_t)(negative ? -PROFILE_LEVEL_MIN : PROFILE_LEVEL_MAX))
        return refuse(l, LEVEL, "a level is a number from -7 to 22", f);
    l->settings->level = negative ? -(int)n : (int)n;
    return 0;
}

static int set_size(struct line *l, enum setting i, uint64_t min, const char *takes,
                    uint32_t *bytes, struct fault *f)
{
    char buffer[32];
    bool has_unit;
    uint64_t n;

    if (!size_parse(value_of(l, i, buffer), &n, &has_unit) || !is_power_of_2(n) || n < min ||
        n > PROFILE_BLOCK_MAX)
        return refuse(l, i, takes, f);
    *bytes = (uint32_t)n;
    return 0;
}

static int set_long(struct line *l, struct fault *f)
{
    char buffer[32];
    const char *text = value_of(l, LONG, buffer);

    l->settings->long_matches = strcmp(text, "yes") == 0;
    if (!l->settings->long_matches && strcmp(text, "no") != 0)
        return refuse(l, LONG, "is yes or no", f);
    return 0;
}

static int set(struct line *l, enum setting i, struct fault *f)
{
    switch (i) {
    case LEVEL:
        return set_level(l, f);
    case BLOCK:
        return set_size(l, i, PROFILE_BLOCK_MIN, "a block is a power of two from 1M to 32M",
                        &l->settings->block_bytes, f);
    case WINDOW:
        return set_size(l, i, PROFILE_WINDOW_MIN, "a window is a power of two from 64K to 32M",
                        &l->settings->window_bytes, f);
    case LONG:
        return set_long(l, f);
    default:
        l->settings->level = FRAME_STORE;
        return 0;
    }
}

/* Which setting a word is; SETTING_COUNT if none. */
static enum setting recognise(const struct rules_word *word)
{
    enum setting i = 0;

    for (; i < SETTING_COUNT; i++) {
        size_t length = strlen(starts[i]);
        bool takes_value = starts[i][length - 1] == '=';

        if (takes_value ? word->length >= length && memcmp(word->at, starts[i], length) == 0
                        : rules_word_is(word, starts[i]))
            break;
    }
    return i;
}

static int take(struct line *l, const struct rules_word *word, struct fault *f)
{
    char shown[RULES_SHOWN_BYTES];
    enum setting i = recognise(word);

    if (i == SETTING_COUNT)
        return rules_words_fault(l->words, word, f,
                                 "'%s' is no setting; settings are level=N or store, block=SIZE, "
                                 "window=SIZE and long=yes|no",
                                 rules_word_shown(shown, word));
    if (l->given[i].at)
        return rules_words_fault(l->words, word, f, "'%s': this setting was given already",
                                 rules_word_shown(shown, word));
    l->given[i] = *word;
    return set(l, i, f);
}

/* `end` is where the line ends, and what is missing might stand. */
static int check_together(struct line *l, const struct rules_word *end, struct fault *f)
{
    static const enum setting unlike_store[] = {LEVEL, WINDOW, LONG};
    struct profile_settings *s = l->settings;

    for (size_t i = 0; i < 3 && l->given[STORE].at; i++)
        if (l->given[unlike_store[i]].at)
            return refuse(l, unlike_store[i], "has no meaning beside 'store'", f);
    if (!l->given[LEVEL].at && !l->given[STORE].at)
        return rules_words_fault(l->words, end, f, "level=N, or store, is missing");
    if (!l->given[BLOCK].at)
        return rules_words_fault(l->words, end, f, "block=SIZE is missing");
    if (!l->given[WINDOW].at)
        s->window_bytes = s->block_bytes;
    if (s->window_bytes > s->block_bytes)
        return refuse(l, WINDOW, "a window is not larger than the block", f);
    return 0;
}

int rules_settings_parse(struct rules_words *w, struct profile_settings *s, struct fault *f)
{
    struct line l = {.words = w, .settings = s};
    struct rules_word word;

    *s = (struct profile_settings){0};
    while (rules_words_next(w, &word)) {
        if (take(&l, &word, f) < 0)
            return f->code;
    }
    return check_together(&l, &word, f);
}
