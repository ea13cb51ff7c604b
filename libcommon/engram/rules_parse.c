/* SPDX-License-Identifier: MIT */
/* Reads a rules file: engram-rules(5). */
#include "engram/rules_parse.h"

#include <string.h>

#include "engram/rules_builtin.h"
#include "engram/rules_settings.h"
#include "engram/rules_words.h"

struct parser {
    struct rules_words words;
    struct rules *rules;
    unsigned profile_line[PROFILE_COUNT]; /* where its settings are; 0: not mentioned */
};

static int refuse_more(struct parser *p, const char *but, struct fault *f)
{
    char shown[RULES_SHOWN_BYTES];
    struct rules_word word;

    if (!rules_words_next(&p->words, &word))
        return 0;
    return rules_words_fault(&p->words, &word, f, "'%s' is too much: %s",
                             rules_word_shown(shown, &word), but);
}

/* What some editors put in front of a text in UTF-8; nobody sees it. */
static const char byte_order_mark[] = "\xef\xbb\xbf";

/* The first words of a file. */
static int parse_version(struct parser *p, const struct rules_word *first, struct fault *f)
{
    char shown[RULES_SHOWN_BYTES];
    struct rules_word version;

    if (first->length >= strlen(byte_order_mark) &&
        memcmp(first->at, byte_order_mark, strlen(byte_order_mark)) == 0)
        return rules_words_fault(&p->words, first, f, "a byte order mark, which no rules file has");
    if (!rules_word_is(first, "engram-rules"))
        return rules_words_fault(&p->words, first, f,
                                 "a rules file starts with the line 'engram-rules 1'");
    if (!rules_words_next(&p->words, &version))
        return rules_words_fault(&p->words, &version, f,
                                 "the version is missing: this is 'engram-rules 1'");
    if (rules_word_is(&version, "1\r"))
        return rules_words_fault(
            &p->words, &version, f,
            "the line ends with a carriage return; a newline alone ends lines");
    if (!rules_word_is(&version, "1")) {
        rules_words_fault(&p->words, &version, f, "version '%s' is not known, only 1",
                          rules_word_shown(shown, &version));
        return f->code = FAULT_UNSUPPORTED;
    }
    return refuse_more(p, "'engram-rules 1' stands alone", f);
}

/* The line's next word as a profile; `missing` says what it ought to be. */
static int parse_profile_name(struct parser *p, const char *missing, struct rules_word *word,
                              enum profile *profile, struct fault *f)
{
    char shown[RULES_SHOWN_BYTES];

    if (!rules_words_next(&p->words, word))
        return rules_words_fault(&p->words, word, f, "%s", missing);
    if (!profile_find(word->at, word->length, profile))
        return rules_words_fault(&p->words, word, f,
                                 "'%s' is no profile; profiles are " PROFILE_NAMES,
                                 rules_word_shown(shown, word));
    return 0;
}

static int parse_profile(struct parser *p, struct fault *f)
{
    struct rules_word name;
    enum profile profile;

    if (parse_profile_name(p, "a profile's name is missing after 'profile'", &name, &profile, f) <
        0)
        return f->code;
    if (p->profile_line[profile])
        return rules_words_fault(&p->words, &name, f, "the profile %s was given in line %u already",
                                 profile_name(profile), p->profile_line[profile]);
    p->profile_line[profile] = p->words.line;
    return rules_settings_parse(&p->words, &p->rules->settings[profile], f);
}

/* A backslash takes the meaning from the byte behind it; the last of a line has none. */
static bool ends_with_lone_backslash(const struct rules_word *word)
{
    size_t count = 0;

    while (count < word->length && word->at[word->length - 1 - count] == '\\')
        count++;
    return count % 2 == 1;
}

static int check_pattern(struct parser *p, const struct rules_word *pattern, struct fault *f)
{
    struct rules_word last = {pattern->at + pattern->length - 1, 1};

    if (ends_with_lone_backslash(pattern))
        return rules_words_fault(&p->words, &last, f, "nothing stands behind this backslash");
    if (*last.at == '/')
        return rules_words_fault(&p->words, &last, f,
                                 "no file's path ends with a slash; '/*' is all that lies below");
    return 0;
}

static int parse_rule(struct parser *p, struct fault *f)
{
    struct rules_word pattern, name;
    enum profile profile;

    if (!rules_words_next(&p->words, &pattern))
        return rules_words_fault(&p->words, &pattern, f, "a pattern is missing after 'rule'");
    if (check_pattern(p, &pattern, f) < 0 ||
        parse_profile_name(p, "a profile is missing after the pattern", &name, &profile, f) < 0 ||
        refuse_more(p, "a rule is one pattern and one profile", f) < 0)
        return f->code;
    if (p->rules->count == RULES_MAX)
        return rules_words_fault(&p->words, &pattern, f, "more than %d rules", RULES_MAX);
    return rules_add(p->rules, pattern.at, pattern.length, profile, p->words.line, f);
}

static int parse_line(struct parser *p, const struct rules_word *first, struct fault *f)
{
    char shown[RULES_SHOWN_BYTES];

    if (rules_word_is(first, "rule"))
        return parse_rule(p, f);
    if (rules_word_is(first, "profile"))
        return parse_profile(p, f);
    return rules_words_fault(&p->words, first, f,
                             "'%s' starts no line; lines start with 'profile' or 'rule'",
                             rules_word_shown(shown, first));
}

static int parse_lines(struct parser *p, struct fault *f)
{
    struct rules_word first;
    bool has_version = false, more;

    for (;;) {
        if (rules_words_line(&p->words, &more, f) < 0)
            return f->code;
        if (!rules_words_next(&p->words, &first) && more)
            continue;
        if (!more && has_version)
            return 0;
        if ((has_version ? parse_line : parse_version)(p, &first, f) < 0)
            return f->code;
        has_version = true;
    }
}

static int parse_text(const char *text, size_t length, struct parser *p, struct fault *f)
{
    rules_words_start(&p->words, text, length);
    return parse_lines(p, f);
}

static int take_settings_of_balanced(struct parser *p, struct fault *f)
{
    const char *text = rules_builtin_text("balanced");
    struct rules balanced = {0};
    struct parser of = {.rules = &balanced};
    int code = parse_text(text, strlen(text), &of, f);

    for (enum profile i = 0; i < PROFILE_COUNT && code == 0; i++)
        if (!p->profile_line[i])
            p->rules->settings[i] = balanced.settings[i];
    rules_free(&balanced);
    return code;
}

int rules_parse(const char *text, size_t length, struct rules *r, struct fault *f)
{
    struct parser p = {.rules = r};
    int code;

    *r = (struct rules){0};
    code = parse_text(text, length, &p, f);
    for (enum profile i = 0; i < PROFILE_COUNT && code == 0; i++) {
        if (!p.profile_line[i]) {
            code = take_settings_of_balanced(&p, f);
            break;
        }
    }
    if (code < 0)
        rules_free(r);
    return code;
}
